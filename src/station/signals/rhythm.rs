//! The rhythms. A lamp flashes no faster than five times a second, so that it can be counted and disturbs nobody.

use crate::model::{Beat, Pattern};

/// A rhythm from alternating lengths in milliseconds, beginning lit.
macro_rules! rhythm {
    ($repeats:expr; $($on:literal $off:literal),+) => {
        Pattern {
            beats: &[$(Beat { on: true, ms: $on }, Beat { on: false, ms: $off }),+],
            repeats: $repeats,
        }
    };
}

/// A sign of life every four seconds.
pub(super) const NO_SESSION: Pattern = rhythm!(true; 60 3940);
/// One short flash every two seconds.
pub(super) const READY: Pattern = rhythm!(true; 120 1880);
/// Fast.
pub(super) const SHOOTING: Pattern = rhythm!(true; 100 100);
/// Even, slower.
pub(super) const CHECKING: Pattern = rhythm!(true; 300 300);
/// Three quick flashes.
pub(super) const SETTLING: Pattern = rhythm!(true; 100 100, 100 100, 100 400);
/// Long on, a short gap.
pub(super) const WARNED: Pattern = rhythm!(true; 1200 200);
/// Slow and heavy.
pub(super) const REJECTED: Pattern = rhythm!(true; 700 500);
/// Short, short, long.
pub(super) const EQUIPMENT: Pattern = rhythm!(true; 150 150, 150 150, 800 700);
/// Red, then amber, then dark: like nothing else.
pub(super) const PAUSED_RED: Pattern = rhythm!(true; 400 1600);
/// The second half of it.
pub(super) const PAUSED_AMBER: Pattern = Pattern {
    beats: &[
        Beat { on: false, ms: 600 },
        Beat { on: true, ms: 400 },
        Beat {
            on: false,
            ms: 1000,
        },
    ],
    repeats: true,
};
/// Two long ones, a long gap.
pub(super) const QUEUE_DONE: Pattern = rhythm!(true; 600 400, 600 2400);
/// Two short ones every three seconds.
pub(super) const ALARM_LAMP: Pattern = rhythm!(true; 100 150, 100 2650);

/// Very slow: two seconds lit, two dark.
pub(super) const STOPPED: Pattern = rhythm!(true; 2000 2000);

pub(super) const CODE_0_1: Pattern = rhythm!(true; 200 1500);
pub(super) const CODE_0_2: Pattern = rhythm!(true; 200 300, 200 1500);
pub(super) const CODE_0_3: Pattern = rhythm!(true; 200 300, 200 300, 200 1500);
pub(super) const CODE_1_1: Pattern = rhythm!(true; 800 300, 200 1500);
pub(super) const CODE_1_2: Pattern = rhythm!(true; 800 300, 200 300, 200 1500);
pub(super) const CODE_1_3: Pattern = rhythm!(true; 800 300, 200 300, 200 300, 200 1500);
pub(super) const CODE_1_4: Pattern = rhythm!(true; 800 300, 200 300, 200 300, 200 300, 200 1500);
pub(super) const CODE_2_1: Pattern = rhythm!(true; 800 300, 800 300, 200 1500);
pub(super) const CODE_2_2: Pattern = rhythm!(true; 800 300, 800 300, 200 300, 200 1500);
pub(super) const CODE_2_3: Pattern = rhythm!(true; 800 300, 800 300, 200 300, 200 300, 200 1500);
pub(super) const CODE_3_1: Pattern = rhythm!(true; 800 300, 800 300, 800 300, 200 1500);
pub(super) const CODE_3_2: Pattern = rhythm!(true; 800 300, 800 300, 800 300, 200 300, 200 1500);
pub(super) const CODE_3_3: Pattern =
    rhythm!(true; 800 300, 800 300, 800 300, 200 300, 200 300, 200 1500);

pub(super) const TUNE_PASS: Pattern = rhythm!(false; 120 1);
/// Short, long.
pub(super) const TUNE_WARN: Pattern = rhythm!(false; 120 120, 400 1);
/// One long drone.
pub(super) const TUNE_REJECT: Pattern = rhythm!(false; 900 1);
/// Two long drones with a tick between: it is not the student.
pub(super) const TUNE_EQUIPMENT: Pattern = rhythm!(false; 700 120, 60 120, 700 1);
/// A trill: nothing else rattles.
pub(super) const TUNE_MOVED_ON: Pattern =
    rhythm!(false; 30 30, 30 30, 30 30, 30 30, 30 30, 30 30, 30 1);
/// Two ticks.
pub(super) const TUNE_REFUSED: Pattern = rhythm!(false; 40 80, 40 1);
/// Two even tones.
pub(super) const TUNE_PAUSED: Pattern = rhythm!(false; 400 250, 400 1);
/// Three heavy tones.
pub(super) const TUNE_FAULT: Pattern = rhythm!(false; 500 150, 500 150, 500 1);
/// Four quick ones, twice.
pub(super) const TUNE_ALARM: Pattern =
    rhythm!(false; 100 80, 100 80, 100 80, 100 400, 100 80, 100 80, 100 80, 100 1);
/// Long, short.
pub(super) const TUNE_ACKNOWLEDGE: Pattern = rhythm!(false; 250 100, 60 1);
