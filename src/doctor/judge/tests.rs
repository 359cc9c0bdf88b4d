//! Each line in each of its findings: a broken station is broken by one fact at a time.

use super::{judge, worst};
use crate::doctor::{
    CameraFacts, DaemonFacts, DatabaseFacts, DestinationFacts, Disk, Facts, Interface, ModelFacts,
    PanelFacts, StorageFacts, TimeFacts, Unit, VerifyUnit, Versions,
};
use crate::model::{
    Bytes, CameraInfo, CameraState, CheckLine, Fault, Finding, Millis, PanelStatus, SettingMismatch,
};

/// A station with nothing to be said about.
fn sound() -> Facts {
    Facts {
        daemon: DaemonFacts::Answers {
            version: "0.1.0".into(),
            pid: 412,
            faults: vec![],
        },
        camera: CameraFacts {
            driver: "gphoto".into(),
            state: Some(CameraState::Ready),
            info: Some(CameraInfo {
                model: "Nikon D750".into(),
                port: "usb:001,004".into(),
                battery: Some("80%".into()),
                frames_left: Some(2000),
                clock_offset_ms: Some(120),
                ..CameraInfo::default()
            }),
            ..CameraFacts::default()
        },
        panel: PanelFacts {
            driver: "auto".into(),
            status: Some(PanelStatus {
                driver: "rppal".into(),
                board: "Raspberry Pi 4 Model B".into(),
                problem: None,
            }),
        },
        storage: StorageFacts {
            data: "/var/lib/shutterline".into(),
            free: Some(Bytes(50_000_000_000)),
            min_free: Bytes(1_000_000_000),
            disk: Disk {
                mounted_at: "/var/lib/shutterline".into(),
                kind: "ext4".into(),
                partition: Some("mmcblk0p3".into()),
                device: Some("mmcblk0".into()),
                errors: Some(0),
                life: Some(1),
                reserve: Some(1),
                read_only: false,
            },
            fsync_us: Some(Ok(vec![9_000, 7_000, 30_000])),
        },
        database: DatabaseFacts::Looked {
            schema: 4,
            known: 4,
            size_bytes: Bytes(4096),
            problems: vec![],
        },
        models: ModelFacts::default(),
        interfaces: vec![Interface {
            name: "eth0".into(),
            state: "up".into(),
        }],
        default_route: true,
        destinations: vec![DestinationFacts {
            name: "agency".into(),
            required: true,
            probe: Ok(Millis(12)),
        }],
        outbox: Some((0, 3)),
        time: TimeFacts {
            trusted: true,
            synchronised: Some(true),
            service: Some(true),
            rtc: false,
        },
        temperatures: vec![("cpu-thermal".into(), 48.3)],
        throttled: Some(0),
        unit: Some(Unit {
            load: "loaded".into(),
            active: "active".into(),
            sub: "running".into(),
            result: "success".into(),
            enabled: "enabled".into(),
            restarts: 0,
            watchdog_us: 30_000_000,
            board_watchdog_us: 0,
        }),
        verify: Some(VerifyUnit {
            load: "loaded".into(),
            active: "inactive".into(),
            result: "success".into(),
            exit: 0,
            ended: "Mon 2026-06-15 02:51:08 CST".into(),
            timer: "enabled".into(),
        }),
        versions: Versions {
            program: "0.1.0".into(),
            ..Versions::default()
        },
    }
}

fn found<'l>(lines: &'l [CheckLine], name: &str) -> &'l CheckLine {
    let line = lines.iter().find(|l| l.name == name);
    line.unwrap_or_else(|| panic!("no line {name} in {lines:#?}"))
}

/// One fact at a time: which line it breaks, how badly, and a word of what is said.
type Case = (&'static str, Finding, &'static str, fn(&mut Facts));

const CASES: &[Case] = &[
    ("daemon", Finding::Fail, "none answers", |f| {
        f.daemon = DaemonFacts::None {
            why: "no daemon answers on /x".into(),
        }
    }),
    ("daemon", Finding::Fail, "process 7", |f| {
        f.daemon = DaemonFacts::Mute {
            why: "x".into(),
            pid: Some(7),
        }
    }),
    ("daemon", Finding::Warn, "version 0.0.9", |f| {
        f.daemon = DaemonFacts::Answers {
            version: "0.0.9".into(),
            pid: 1,
            faults: vec![],
        }
    }),
    ("daemon", Finding::Fail, "storage-failed", |f| {
        with_fault(f, Fault::StorageFailed)
    }),
    ("daemon", Finding::Warn, "upload-failed", |f| {
        with_fault(f, Fault::UploadFailed)
    }),
    ("unit", Finding::Warn, "does not answer", |f| f.unit = None),
    ("unit", Finding::Warn, "not-found", |f| {
        unit(f).load = "not-found".into()
    }),
    ("unit", Finding::Fail, "watchdog", |f| {
        unit(f).active = "failed".into();
        unit(f).result = "watchdog".into();
    }),
    ("unit", Finding::Fail, "inactive", |f| {
        unit(f).active = "inactive".into()
    }),
    ("unit", Finding::Warn, "disabled", |f| {
        unit(f).enabled = "disabled".into()
    }),
    ("unit", Finding::Warn, "started again 3 times", |f| {
        unit(f).restarts = 3
    }),
    ("watchdog", Finding::Warn, "not noticed", |f| {
        unit(f).watchdog_us = 0
    }),
    ("camera", Finding::Fail, "gvfsd-gphoto2", |f| {
        f.camera.claimed_by = Some("gvfsd-gphoto2 (pid 81)".into())
    }),
    ("camera", Finding::Fail, "another program", |f| {
        with_fault(f, Fault::CameraClaimed)
    }),
    ("camera", Finding::Fail, "there is none", |f| {
        f.camera.state = Some(CameraState::Absent)
    }),
    ("camera", Finding::Fail, "does not answer", |f| {
        f.camera.state = Some(CameraState::Wedged)
    }),
    ("camera", Finding::Warn, "being opened", |f| {
        f.camera.state = Some(CameraState::Opening)
    }),
    ("camera", Finding::Warn, "simulated", |f| {
        f.camera.driver = "sim".into()
    }),
    ("camera", Finding::Fail, "plugdev", |f| {
        f.camera.error = Some("not in group plugdev".into())
    }),
    (
        "camera-profile",
        Finding::Warn,
        "iso is 400, wanted 200",
        |f| {
            info(f).mismatches = vec![SettingMismatch {
                key: "iso".into(),
                wanted: "200".into(),
                found: Some("400".into()),
            }]
        },
    ),
    ("camera-profile", Finding::Warn, "exposed otherwise", |f| {
        with_fault(f, Fault::CameraSettings)
    }),
    ("battery", Finding::Warn, "20%", |f| {
        info(f).battery = Some("20%".into())
    }),
    ("battery", Finding::Warn, "does not say", |f| {
        info(f).battery = None
    }),
    ("card", Finding::Warn, "room for 12 frames", |f| {
        info(f).frames_left = Some(12)
    }),
    ("card", Finding::Fail, "full", |f| {
        with_fault(f, Fault::CardFull)
    }),
    ("card", Finding::Warn, "does not say", |f| {
        info(f).frames_left = None
    }),
    ("camera-clock", Finding::Warn, "-3600 s off", |f| {
        info(f).clock_offset_ms = Some(-3_600_000)
    }),
    ("camera-clock", Finding::Warn, "cannot be read", |f| {
        info(f).clock_offset_ms = None
    }),
    ("panel", Finding::Warn, "held", |f| {
        with_fault(f, Fault::PedalStuck)
    }),
    ("panel", Finding::Warn, "not opened", |f| {
        f.panel.status = None
    }),
    ("panel", Finding::Warn, "asks for the simulated", |f| {
        (f.panel.driver, f.panel.status) = ("sim".into(), None)
    }),
    ("panel", Finding::Warn, "simulated", |f| {
        panel(f).driver = "sim".into()
    }),
    ("panel", Finding::Warn, "being opened", |f| {
        panel(f).driver = String::new()
    }),
    ("panel", Finding::Fail, "line 17 is held by spi0", |f| {
        panel(f).problem = Some("line 17 is held by spi0".into())
    }),
    ("storage-space", Finding::Fail, "does not shoot", |f| {
        f.storage.free = Some(Bytes(900_000_000))
    }),
    ("storage-space", Finding::Warn, "under 8.4 GB", |f| {
        f.storage.free = Some(Bytes(5_000_000_000))
    }),
    ("storage-space", Finding::Fail, "cannot be asked", |f| {
        f.storage.free = None
    }),
    ("storage-health", Finding::Fail, "can only be read", |f| {
        f.storage.disk.read_only = true
    }),
    ("storage-health", Finding::Fail, "4 errors", |f| {
        f.storage.disk.errors = Some(4)
    }),
    ("storage-health", Finding::Warn, "in memory", |f| {
        f.storage.disk.kind = "tmpfs".into();
        f.storage.disk.errors = None;
    }),
    ("storage-health", Finding::Warn, "does not tell", |f| {
        f.storage.disk = Disk::default()
    }),
    ("storage-life", Finding::Warn, "80 to 90 %", |f| {
        f.storage.disk.life = Some(9)
    }),
    ("storage-life", Finding::Fail, "past its life", |f| {
        f.storage.disk.life = Some(11)
    }),
    ("storage-life", Finding::Fail, "level 3", |f| {
        f.storage.disk.reserve = Some(3)
    }),
    ("storage-fsync", Finding::Warn, "150.0 ms", |f| {
        f.storage.fsync_us = Some(Ok(vec![150_000]))
    }),
    ("storage-fsync", Finding::Fail, "900.0 ms", |f| {
        f.storage.fsync_us = Some(Ok(vec![900_000]))
    }),
    ("storage-fsync", Finding::Warn, "denied", |f| {
        f.storage.fsync_us = Some(Err("permission denied".into()))
    }),
    ("database", Finding::Fail, "row 3 missing", |f| {
        f.database = DatabaseFacts::Looked {
            schema: 4,
            known: 4,
            size_bytes: Bytes(1),
            problems: vec!["row 3 missing".into()],
        }
    }),
    ("database", Finding::Warn, "schema 3", |f| {
        f.database = DatabaseFacts::Looked {
            schema: 3,
            known: 4,
            size_bytes: Bytes(1),
            problems: vec![],
        }
    }),
    ("database", Finding::Warn, "none yet", |f| {
        f.database = DatabaseFacts::None
    }),
    ("database", Finding::Fail, "newer", |f| {
        f.database = DatabaseFacts::Unreadable("newer".into())
    }),
    ("archive-verify", Finding::Fail, "02:51:08", |f| {
        verify(f, "failed", "exit-code", 1)
    }),
    ("archive-verify", Finding::Warn, "exit code 3", |f| {
        verify(f, "failed", "exit-code", 3)
    }),
    ("archive-verify", Finding::Warn, "timeout", |f| {
        verify(f, "failed", "timeout", 15)
    }),
    ("archive-verify", Finding::Warn, "disabled", |f| {
        f.verify.as_mut().unwrap().timer = "disabled".into()
    }),
    ("archive-verify", Finding::Warn, "nobody looks", |f| {
        f.verify.as_mut().unwrap().load = "not-found".into()
    }),
    ("archive-verify", Finding::Warn, "nobody looks", |f| {
        f.verify = None
    }),
    ("models", Finding::Fail, "another SHA-256", |f| {
        f.models.files = Some("another SHA-256".into())
    }),
    ("models", Finding::Fail, "when the daemon started", |f| {
        f.models.daemon = Some("nowhere".into())
    }),
    ("destination agency", Finding::Fail, "not there", |f| {
        f.destinations[0].probe = Err("not there".into())
    }),
    ("destination agency", Finding::Warn, "not there", |f| {
        f.destinations[0].probe = Err("not there".into());
        f.destinations[0].required = false;
    }),
    ("destination", Finding::Warn, "none is configured", |f| {
        f.destinations.clear()
    }),
    ("outbox", Finding::Warn, "2 files are parked", |f| {
        f.outbox = Some((2, 0))
    }),
    ("time", Finding::Warn, "switched off", |f| {
        f.time = TimeFacts {
            service: Some(false),
            ..TimeFacts::default()
        }
    }),
    ("time", Finding::Warn, "not trusted", |f| {
        f.time = TimeFacts::default()
    }),
    ("temperature", Finding::Warn, "78 °C", |f| {
        f.temperatures[0].1 = 78.0
    }),
    ("temperature", Finding::Fail, "86 °C", |f| {
        f.temperatures.push(("gpu".into(), 86.0))
    }),
    ("power", Finding::Fail, "under its voltage now", |f| {
        f.throttled = Some(0x50001)
    }),
    ("power", Finding::Warn, "since the start", |f| {
        f.throttled = Some(0x10000)
    }),
];

fn panel(facts: &mut Facts) -> &mut PanelStatus {
    facts.panel.status.get_or_insert_default()
}

fn with_fault(facts: &mut Facts, fault: Fault) {
    if let DaemonFacts::Answers { faults, .. } = &mut facts.daemon {
        faults.push(fault);
    }
}

fn unit(facts: &mut Facts) -> &mut Unit {
    facts.unit.as_mut().unwrap()
}

fn verify(facts: &mut Facts, active: &str, result: &str, exit: u8) {
    let unit = facts.verify.as_mut().unwrap();
    (unit.active, unit.result) = (active.to_owned(), result.to_owned());
    unit.exit = exit;
}

fn info(facts: &mut Facts) -> &mut CameraInfo {
    facts.camera.info.as_mut().unwrap()
}

#[test]
fn a_sound_station_is_ok_on_every_line() {
    let lines = judge(&sound());
    let bad: Vec<_> = lines.iter().filter(|l| l.finding != Finding::Ok).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(worst(&lines), Finding::Ok);
    assert!(lines.iter().all(|l| l.next.is_empty()));
}

#[test]
fn each_fact_that_is_wrong_is_told_on_its_line_with_the_next_step() {
    for (name, finding, words, break_it) in CASES {
        let mut facts = sound();
        break_it(&mut facts);
        let lines = judge(&facts);
        let line = found(&lines, name);
        assert_eq!(line.finding, *finding, "{line:#?}");
        assert!(
            line.message.contains(words),
            "{words:?} is not in {line:#?}"
        );
        assert!(!line.next.is_empty(), "{line:#?} names no next step");
        assert!(worst(&lines) >= *finding);
    }
}

#[test]
fn every_line_has_a_case_that_breaks_it() {
    for line in judge(&sound()) {
        let tried = CASES.iter().any(|(name, ..)| *name == line.name);
        // These two tell and do not judge.
        assert!(
            tried || ["network", "versions"].contains(&&*line.name),
            "{}",
            line.name
        );
    }
}

#[test]
fn every_line_is_explained_on_the_technicians_page() {
    let page = include_str!("../../../docs/technician.md");
    for line in judge(&sound()) {
        let name = line.name.split(' ').next().unwrap_or_default().to_owned();
        assert!(
            page.contains(&format!("| `{name}")),
            "{name} is not in docs/technician.md"
        );
    }
}
