//! The one table of what lamps and buzzer say.
//!
//! A pure function of the state; the rhythms run over time wherever the pins are. Each signal has a rhythm of its
//! own, whichever lamp it is on, so that it can be read without telling colours apart. Green is lit for a
//! passing frame and for nothing else (I4).

mod picture;
mod rhythm;

pub use picture::draw_svg;

use crate::model::{Fault, Lamps, Pattern, StationState, Tune};
use rhythm as r;

/// All lamps dark.
pub const DARK: Lamps = Lamps {
    red: Pattern::OFF,
    amber: Pattern::OFF,
    green: Pattern::OFF,
};

/// What the unit shows in place of a station that does not start any more.
pub const STOPPED: Lamps = Lamps {
    red: r::STOPPED,
    ..DARK
};

/// What the lamps show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The state.
    pub state: StationState,
    /// The first fault, if any stands.
    pub fault: Option<Fault>,
    /// Whether an alarm stands.
    pub alarm: bool,
    /// The chair has just changed, and the shutter is blocked.
    pub settling: bool,
}

impl View {
    /// Nothing but a state.
    pub fn of(state: StationState) -> Self {
        Self {
            state,
            fault: None,
            alarm: false,
            settling: false,
        }
    }
}

/// The lamps for a view. Red tells the fault where the state does not need it, else the alarm.
pub fn lamps(view: View) -> Lamps {
    let mut lamps = if view.settling && view.state == StationState::Ready {
        Lamps {
            amber: r::SETTLING,
            ..DARK
        }
    } else {
        state_lamps(view.state)
    };
    if lamps.red == Pattern::OFF {
        lamps.red = match (view.fault, view.alarm) {
            (Some(fault), _) => fault_code(fault),
            (None, true) => r::ALARM_LAMP,
            (None, false) => Pattern::OFF,
        };
    }
    lamps
}

fn state_lamps(state: StationState) -> Lamps {
    match state {
        StationState::NoSession => Lamps {
            amber: r::NO_SESSION,
            ..DARK
        },
        StationState::Ready => Lamps {
            amber: r::READY,
            ..DARK
        },
        StationState::Shooting => Lamps {
            amber: r::SHOOTING,
            ..DARK
        },
        StationState::Checking => Lamps {
            amber: r::CHECKING,
            ..DARK
        },
        StationState::Passed => Lamps {
            green: Pattern::ON,
            ..DARK
        },
        StationState::Warned => Lamps {
            green: r::WARNED,
            ..DARK
        },
        StationState::Rejected => Lamps {
            red: r::REJECTED,
            ..DARK
        },
        StationState::Equipment => Lamps {
            red: r::EQUIPMENT,
            amber: r::EQUIPMENT,
            ..DARK
        },
        StationState::Paused => Lamps {
            red: r::PAUSED_RED,
            amber: r::PAUSED_AMBER,
            ..DARK
        },
        StationState::QueueDone => Lamps {
            amber: r::QUEUE_DONE,
            ..DARK
        },
        // Red tells which fault.
        StationState::Fault => DARK,
    }
}

/// A fault as a code on the red lamp: long flashes, then short ones, then a gap.
pub fn fault_code(fault: Fault) -> Pattern {
    match fault {
        Fault::StorageFailed => r::CODE_0_1,
        Fault::StorageFull => r::CODE_0_2,
        Fault::DatabaseLocked => r::CODE_0_3,
        Fault::CameraWedged => r::CODE_1_1,
        Fault::CameraClaimed => r::CODE_1_2,
        Fault::CameraAbsent => r::CODE_1_3,
        Fault::CardFull => r::CODE_1_4,
        Fault::CameraSettings => r::CODE_2_1,
        Fault::FocusFailed => r::CODE_2_2,
        Fault::FileMissing => r::CODE_2_3,
        Fault::PedalStuck => r::CODE_3_1,
        Fault::UploadFailed => r::CODE_3_2,
        Fault::PanelFailed => r::CODE_3_3,
    }
}

/// A sound as a rhythm of the buzzer, played once.
pub fn tune(tune: Tune) -> Pattern {
    match tune {
        Tune::Pass => r::TUNE_PASS,
        Tune::Warn => r::TUNE_WARN,
        Tune::Reject => r::TUNE_REJECT,
        Tune::Equipment => r::TUNE_EQUIPMENT,
        Tune::MovedOn => r::TUNE_MOVED_ON,
        Tune::Refused => r::TUNE_REFUSED,
        Tune::Paused => r::TUNE_PAUSED,
        Tune::Fault => r::TUNE_FAULT,
        Tune::Alarm => r::TUNE_ALARM,
        Tune::Acknowledge => r::TUNE_ACKNOWLEDGE,
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// Its name; for a state or fault the word of `status`.
    pub name: &'static str,
    /// What it means, in Chinese.
    pub zh: &'static str,
    /// What it means, in English.
    pub en: &'static str,
    /// What the lamps do; `None` for a sound alone.
    pub lamps: Option<Lamps>,
    /// What the buzzer does once, as it begins; `None` if nothing.
    pub sound: Option<Tune>,
}

fn state(state: StationState, zh: &'static str, en: &'static str, sound: Option<Tune>) -> Signal {
    Signal {
        name: state.as_str(),
        zh,
        en,
        lamps: Some(lamps(View::of(state))),
        sound,
    }
}

fn fault(fault: Fault, zh: &'static str, en: &'static str) -> Signal {
    Signal {
        name: fault.as_str(),
        zh,
        en,
        lamps: Some(Lamps {
            red: fault_code(fault),
            ..DARK
        }),
        sound: Some(Tune::Fault),
    }
}

fn sound(tune: Tune, zh: &'static str, en: &'static str) -> Signal {
    Signal {
        name: tune.as_str(),
        zh,
        en,
        lamps: None,
        sound: Some(tune),
    }
}

/// Every signal, in the order of the operator's page: states, moves and alarms, faults, sounds alone.
pub fn table() -> Vec<Signal> {
    let mut table = states();
    table.extend(notices());
    table.extend(faults());
    table.extend([
        sound(Tune::Refused, "本次按下无效", "the press did nothing"),
        sound(Tune::Acknowledge, "已执行", "done"),
    ]);
    table
}

fn states() -> Vec<Signal> {
    use StationState as S;
    vec![
        state(S::NoSession, "没有打开的场次", "no session is open", None),
        state(S::Ready, "可以拍摄", "ready: press to shoot", None),
        state(S::Shooting, "正在拍摄", "shooting: wait", None),
        state(S::Checking, "正在存储和检查", "storing and checking", None),
        state(
            S::Passed,
            "合格，可以离开",
            "good: may leave",
            Some(Tune::Pass),
        ),
        state(
            S::Warned,
            "可用，有提示",
            "good, with a remark",
            Some(Tune::Warn),
        ),
        state(
            S::Rejected,
            "不合格，请重拍",
            "shoot again",
            Some(Tune::Reject),
        ),
        state(
            S::Equipment,
            "器材问题，检查灯和相机后重拍",
            "equipment: look at it, shoot again",
            Some(Tune::Equipment),
        ),
        state(
            S::Paused,
            "暂停：所拍照片不属于任何人",
            "paused: frames are nobody's",
            Some(Tune::Paused),
        ),
        state(S::QueueDone, "队列已拍完", "nobody is waiting", None),
    ]
}

fn notices() -> [Signal; 3] {
    use StationState as S;
    [
        Signal {
            name: "moved-on",
            zh: "已换下一位，快门暂时锁定",
            en: "next student; shutter blocked",
            lamps: Some(lamps(View {
                settling: true,
                ..View::of(S::Ready)
            })),
            sound: Some(Tune::MovedOn),
        },
        Signal {
            name: "alarm",
            zh: "请查看屏幕上的提醒",
            en: "look at the alarms on the screen",
            lamps: Some(Lamps {
                red: r::ALARM_LAMP,
                ..DARK
            }),
            sound: Some(Tune::Alarm),
        },
        Signal {
            name: "stopped",
            zh: "程序已停止，请叫技术员",
            en: "the program has stopped: call help",
            lamps: Some(STOPPED),
            sound: None,
        },
    ]
}

fn faults() -> [Signal; 13] {
    use Fault as F;
    [
        fault(
            F::StorageFailed,
            "存储写入失败",
            "a write to storage failed",
        ),
        fault(F::StorageFull, "存储空间不足", "storage is full"),
        fault(
            F::DatabaseLocked,
            "数据库被占用",
            "database locked by another program",
        ),
        fault(F::CameraWedged, "相机无响应", "camera does not answer"),
        fault(
            F::CameraClaimed,
            "相机被其他程序占用",
            "camera held by another program",
        ),
        fault(F::CameraAbsent, "未找到相机", "no camera found"),
        fault(F::CardFull, "相机存储卡已满", "the camera's card is full"),
        fault(
            F::CameraSettings,
            "相机设置与方案不符",
            "camera differs from its profile",
        ),
        fault(F::FocusFailed, "对焦失败", "no focus"),
        fault(
            F::FileMissing,
            "快门已按，未收到照片",
            "fired, but no file came",
        ),
        fault(
            F::PanelFailed,
            "踏板、按钮或灯不可用",
            "pedal, buttons or lamps fail",
        ),
        fault(
            F::PedalStuck,
            "踏板或按钮卡住",
            "a pedal or button is stuck",
        ),
        fault(F::UploadFailed, "上传失败", "upload fails"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Millis;
    use std::collections::HashMap;

    const SECONDS: u64 = 24;

    fn lit(pattern: Pattern) -> Vec<bool> {
        let moments = (0..SECONDS * 100).map(|n| Millis(n * 10));
        moments.map(|t| pattern.is_on(t)).collect()
    }

    /// What somebody sees who cannot tell the lamps apart.
    fn seen(lamps: Lamps) -> Vec<bool> {
        let (red, amber, green) = (lit(lamps.red), lit(lamps.amber), lit(lamps.green));
        (0..red.len())
            .map(|n| red[n] || amber[n] || green[n])
            .collect()
    }

    #[test]
    fn each_signal_has_its_own_rhythm_whatever_its_colour() {
        let mut known: HashMap<Vec<bool>, &str> = HashMap::new();
        for signal in table() {
            let Some(lamps) = signal.lamps else { continue };
            let other = known.insert(seen(lamps), signal.name);
            assert_eq!(other, None, "{} looks like another", signal.name);
        }
    }

    #[test]
    fn each_sound_is_unlike_every_other_and_ends() {
        let mut known: HashMap<Vec<bool>, Tune> = HashMap::new();
        for one in Tune::ALL {
            assert!(!tune(one).repeats);
            assert!(tune(one).length() <= Millis(2500), "{one:?} is too long");
            assert_eq!(known.insert(lit(tune(one)), one), None, "{one:?}");
        }
    }

    #[test]
    fn every_state_and_fault_is_in_the_table() {
        let table = table();
        let names: Vec<&str> = table.iter().map(|s| s.name).collect();
        for fault in Fault::ALL {
            assert!(names.contains(&fault.as_str()));
        }
        let states = [
            "no-session",
            "ready",
            "shooting",
            "checking",
            "passed",
            "warned",
        ];
        let rest = [
            "rejected",
            "equipment",
            "paused",
            "queue-done",
            "moved-on",
            "alarm",
            "refused",
        ];
        for word in states.iter().chain(&rest) {
            assert!(names.contains(word), "{word}");
        }
    }

    #[test]
    fn green_is_for_good_frames_only() {
        for signal in table() {
            let green = signal.lamps.is_some_and(|l| l.green != Pattern::OFF);
            assert_eq!(green, ["passed", "warned"].contains(&signal.name));
        }
    }
}
