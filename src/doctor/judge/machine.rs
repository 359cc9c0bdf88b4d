//! The board: disk, ways out, clock, heat, power.

use super::{fail, line, ok, warn};
use crate::doctor::{Disk, Facts, throttled};
use crate::model::{Bytes, CheckLine, Finding};

/// Bytes that a session of 350 students takes, with two shots each of 12 MB.
const SESSION_BYTES: Bytes = Bytes(700 * 12_000_000);

/// A frame takes about four fsyncs, and the light waits for them: at 100 ms each it comes half a second late. µs.
const SLOW_SYNC_US: u64 = 100_000;

/// At which a card is at its end: two seconds of a student's ten go by. µs.
const DYING_SYNC_US: u64 = 500_000;

/// Boards begin to throttle at 80 to 85 °C; a case in the sun gains ten more within an hour.
const WARM_C: f64 = 75.0;
/// Here they do throttle.
const HOT_C: f64 = 85.0;

/// Space, health, wear and speed of the data folder's disk.
pub(super) fn storage(facts: &Facts) -> Vec<CheckLine> {
    let disk = &facts.storage.disk;
    let mut lines = vec![space(facts), health(disk)];
    lines.extend(life(disk));
    lines.extend(sync(facts));
    lines
}

fn space(facts: &Facts) -> CheckLine {
    const NAME: &str = "storage-space";
    let storage = &facts.storage;
    let data = &storage.data;
    match storage.free {
        None => fail(
            NAME,
            format!("{data} cannot be asked"),
            "is the folder there, and its disk mounted? See [archive] data in the config",
        ),
        Some(free) if free < storage.min_free => fail(
            NAME,
            format!(
                "{free} free at {data}, under {}: the station does not shoot",
                storage.min_free
            ),
            "free some: let the outbox empty, back up, move old sessions away",
        ),
        Some(free) if free < SESSION_BYTES => warn(
            NAME,
            format!("{free} free at {data}, under {SESSION_BYTES} for 700 frames"),
            "let the outbox empty, or bring a larger disk",
        ),
        Some(free) => ok(NAME, format!("{free} free at {data}")),
    }
}

fn health(disk: &Disk) -> CheckLine {
    const NAME: &str = "storage-health";
    if disk.mounted_at.is_empty() {
        return warn(
            NAME,
            "the kernel does not tell which disk it is",
            "look at the mount: findmnt",
        );
    }
    let name = disk.partition.as_deref().unwrap_or("a disk");
    let place = format!("{name} ({}) at {}", disk.kind, disk.mounted_at);
    if disk.read_only {
        return fail(
            NAME,
            format!("{place} can only be read"),
            "the kernel does that after errors: see `dmesg`; back up, run fsck from another system, replace the card",
        );
    }
    match disk.errors {
        Some(0) | None if disk.kind == "tmpfs" => warn(
            NAME,
            format!("{place} is in memory: everything is lost with the power"),
            "name a folder on a disk: [archive] data in the config",
        ),
        Some(0) => ok(NAME, format!("{place}, no errors noted")),
        None => ok(NAME, format!("{place}; this file system counts no errors")),
        Some(n) => fail(
            NAME,
            format!("{place} has {n} errors noted in its superblock"),
            "back up now, run fsck from another system, replace the card",
        ),
    }
}

/// What an eMMC says of its wear; SD cards and others say nothing.
fn life(disk: &Disk) -> Option<CheckLine> {
    const NAME: &str = "storage-life";
    const REPLACE: &str = "replace it before the next season; back up now";
    let device = disk.device.as_deref().unwrap_or_default();
    if let Some(reserve) = disk.reserve.filter(|r| *r > 1) {
        let how = if reserve > 2 {
            Finding::Fail
        } else {
            Finding::Warn
        };
        return Some(line(
            NAME,
            how,
            format!("{device} has used most of its spare blocks (level {reserve} of 3)"),
            REPLACE,
        ));
    }
    let life = disk.life?;
    let used = format!(
        "{device} has used {} to {} % of its life",
        (u32::from(life) - 1) * 10,
        u32::from(life) * 10
    );
    Some(match life {
        0..=8 => ok(NAME, used),
        9..=10 => warn(NAME, used, REPLACE),
        _ => fail(NAME, format!("{device} is past its life"), REPLACE),
    })
}

fn sync(facts: &Facts) -> Option<CheckLine> {
    const NAME: &str = "storage-fsync";
    let took = match facts.storage.fsync_us.as_ref()? {
        Err(why) => {
            return Some(warn(
                NAME,
                format!("not measured: {why}"),
                "run as a user who may write the data folder: sudo shutterline doctor",
            ));
        }
        Ok(took) => took,
    };
    let mut sorted = took.clone();
    sorted.sort_unstable();
    let middle = *sorted.get(sorted.len() / 2)?;
    let most = *sorted.last()?;
    let ms = |us: u64| us as f64 / 1000.0;
    let said = format!(
        "{:.1} ms, at most {:.1} ms of {}",
        ms(middle),
        ms(most),
        sorted.len()
    );
    Some(match middle {
        DYING_SYNC_US.. => fail(
            NAME,
            said,
            "the disk is at its end or something else writes to it: see `iotop`, then replace it",
        ),
        SLOW_SYNC_US.. => warn(
            NAME,
            said,
            "slow: lights come late; use a card of class A1 or better, or an SSD",
        ),
        _ => ok(NAME, said),
    })
}

/// Shooting needs no network; a destination that does fails by its own probe.
pub(super) fn network(facts: &Facts) -> CheckLine {
    const NAME: &str = "network";
    let up: Vec<&str> = facts
        .interfaces
        .iter()
        .filter(|i| i.state == "up")
        .map(|i| i.name.as_str())
        .collect();
    match (up.is_empty(), facts.default_route) {
        (true, _) => ok(NAME, "no interface is up; shooting needs none"),
        (false, true) => ok(NAME, format!("{} up, with a way out", up.join(", "))),
        (false, false) => ok(
            NAME,
            format!("{} up, without a default route", up.join(", ")),
        ),
    }
}

/// Each destination by its probe object, then the outbox.
pub(super) fn destinations(facts: &Facts) -> Vec<CheckLine> {
    let mut lines: Vec<CheckLine> = facts
        .destinations
        .iter()
        .map(|d| {
            let name = format!("destination {}", d.name);
            match &d.probe {
                Ok(took) => ok(
                    &name,
                    format!(
                        "an object was written, read back and removed in {} ms",
                        took.0
                    ),
                ),
                // Frames wait in the outbox meanwhile: nothing is lost, and shooting goes on.
                Err(why) if d.required => fail(
                    &name,
                    why.clone(),
                    "mend it, then `shutterline upload retry`; frames wait here meanwhile",
                ),
                Err(why) => warn(
                    &name,
                    why.clone(),
                    "mend it, then `shutterline upload retry`; frames wait here meanwhile",
                ),
            }
        })
        .collect();
    if lines.is_empty() {
        lines.push(warn(
            "destination",
            "none is configured: frames stay on this station alone",
            "add a [[destination]], or make backups: shutterline backup",
        ));
    }
    if let Some((failed, pending)) = facts.outbox {
        lines.push(match failed {
            0 => ok("outbox", format!("{pending} files wait to be sent")),
            n => warn(
                "outbox",
                format!("{n} files are parked after failing for good, {pending} wait"),
                "see why: shutterline upload status; then: shutterline upload retry",
            ),
        });
    }
    lines
}

/// Whether the times that are written down can be believed.
pub(super) fn time(facts: &Facts) -> CheckLine {
    const NAME: &str = "time";
    let time = &facts.time;
    let rtc = if time.rtc {
        "a clock with a battery"
    } else {
        "no clock with a battery"
    };
    match (time.trusted, time.synchronised) {
        (true, Some(true)) => ok(NAME, format!("synchronised, {rtc}")),
        (true, _) => ok(NAME, format!("not synchronised; believed because of {rtc}")),
        (false, _) if time.service == Some(false) => warn(
            NAME,
            format!("not trusted, {rtc}; synchronising is switched off"),
            "timedatectl set-ntp true, and a network; frames are kept in order meanwhile",
        ),
        (false, _) => warn(
            NAME,
            format!("not trusted, {rtc}"),
            "connect a network for a minute, or fit a real-time clock; frames are kept in order meanwhile",
        ),
    }
}

/// The hottest zone.
pub(super) fn temperature(facts: &Facts) -> CheckLine {
    const NAME: &str = "temperature";
    const COOL: &str = "give it air and shade, or a heat sink";
    let hottest = facts.temperatures.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((zone, celsius)) = hottest else {
        return ok(NAME, "this board does not tell");
    };
    let said = format!("{celsius:.0} °C at {zone}");
    if *celsius >= HOT_C {
        fail(NAME, said, COOL)
    } else if *celsius >= WARM_C {
        warn(NAME, said, COOL)
    } else {
        ok(NAME, said)
    }
}

/// A supply that is too weak loses USB devices and writes.
pub(super) fn power(facts: &Facts) -> CheckLine {
    const NAME: &str = "power";
    let Some(word) = facts.throttled else {
        return ok(NAME, "this board does not tell");
    };
    match throttled(word) {
        (Finding::Ok, _) => ok(NAME, "the supply is and was sufficient since the start"),
        (how, said) => line(
            NAME,
            how,
            format!("{} (0x{word:x})", said.join("; ")),
            "use the board's own supply and a short cable; feed the camera from its own; if it is heat: air and shade",
        ),
    }
}
