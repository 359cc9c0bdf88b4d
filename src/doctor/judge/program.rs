//! The program itself: daemon, service, database, models, versions.

use super::{fail, ok, warn};
use crate::doctor::{DaemonFacts, DatabaseFacts, Facts};
use crate::model::{CheckLine, Fault};

/// The daemon answers, and what it says is wrong; equipment and disks have lines of their own.
pub(super) fn daemon(facts: &Facts) -> CheckLine {
    match &facts.daemon {
        DaemonFacts::Answers {
            version,
            pid,
            faults,
        } => {
            let said = format!("version {version} answers, process {pid}");
            let words: Vec<&str> = faults.iter().map(|f| f.as_str()).collect();
            let words = words.join(", ");
            if *version != facts.versions.program {
                let said = format!(
                    "{said}, but this command is version {}",
                    facts.versions.program
                );
                return warn(
                    "daemon",
                    said,
                    "start it again: systemctl restart shutterline",
                );
            }
            if faults.iter().any(|f: &Fault| f.stops_shooting()) {
                return fail(
                    "daemon",
                    format!("{said}; it does not shoot: {words}"),
                    "see the lines below and `shutterline status`",
                );
            }
            match faults.is_empty() {
                true => ok("daemon", said),
                false => warn(
                    "daemon",
                    format!("{said}; faults: {words}"),
                    "see the lines below and `shutterline status`",
                ),
            }
        }
        DaemonFacts::None { why } => fail(
            "daemon",
            format!("none answers: {why}"),
            "start it: systemctl start shutterline; then see `shutterline logs`. What follows was looked at without it",
        ),
        DaemonFacts::Mute { why, pid } => fail(
            "daemon",
            format!(
                "process {} works on the data folder, and none answers: {why}",
                pid.map_or_else(|| "unknown".to_owned(), |p| p.to_string())
            ),
            "name its socket with --socket, or run as a member of group shutterline; if it hangs: systemctl restart shutterline",
        ),
    }
}

/// The service as systemd has it.
pub(super) fn unit(facts: &Facts) -> CheckLine {
    const NAME: &str = "unit";
    let Some(unit) = &facts.unit else {
        return warn(
            NAME,
            "systemd does not answer",
            "a station for a venue runs under systemd, which starts it again whatever happens",
        );
    };
    if unit.load != "loaded" {
        return warn(
            NAME,
            format!("shutterline.service is {}", unit.load),
            "install the package, or see docs/install.md",
        );
    }
    let said = format!(
        "{} ({}), started again {} times",
        unit.active, unit.sub, unit.restarts
    );
    if unit.active == "failed" {
        return fail(
            NAME,
            format!("{said}; it last ended with: {}", unit.result),
            "see why: shutterline logs -n 50; then: systemctl reset-failed shutterline && systemctl start shutterline",
        );
    }
    if unit.active != "active" {
        return fail(NAME, said, "systemctl start shutterline");
    }
    if unit.enabled != "enabled" {
        return warn(
            NAME,
            format!(
                "{said}; it is {} and will not start with the board",
                unit.enabled
            ),
            "systemctl enable shutterline",
        );
    }
    match unit.restarts {
        0 => ok(NAME, said),
        _ => warn(
            NAME,
            format!("{said}; it last ended with: {}", unit.result),
            "see why: shutterline logs --since today",
        ),
    }
}

/// Whether somebody notices a daemon, or a board, that hangs.
pub(super) fn watchdog(facts: &Facts) -> CheckLine {
    const NAME: &str = "watchdog";
    let Some(unit) = facts.unit.as_ref().filter(|u| u.load == "loaded") else {
        return warn(
            NAME,
            "nobody watches the daemon",
            "run it as a service under systemd",
        );
    };
    let board = match unit.board_watchdog_us {
        0 => "a board that hangs is not reset".to_owned(),
        us => format!("a board that hangs is reset after {} s", us / 1_000_000),
    };
    match unit.watchdog_us {
        0 => warn(
            NAME,
            format!("a daemon that hangs is not noticed; {board}"),
            "set WatchdogSec=30 in the unit, as the shipped one has it",
        ),
        us => ok(
            NAME,
            format!(
                "a daemon that hangs is started again after {} s; {board}",
                us / 1_000_000
            ),
        ),
    }
}

/// The database's file and its schema.
pub(super) fn database(facts: &Facts) -> CheckLine {
    const NAME: &str = "database";
    const DAMAGED: &str = "stop shooting, keep the card; `shutterline backup` what can be read, then `shutterline restore` the last good backup";
    match &facts.database {
        DatabaseFacts::None => warn(
            NAME,
            "there is none yet",
            "the first start makes it; if this station has shot before, look at [archive] data in the config",
        ),
        DatabaseFacts::Unreadable(why) => fail(
            NAME,
            why.clone(),
            "run as a user who may read the data folder (sudo), and look at the disk (`dmesg`)",
        ),
        DatabaseFacts::Looked {
            schema,
            known,
            size_bytes,
            problems,
        } => match problems.first() {
            Some(first) => fail(NAME, format!("damaged: {first}"), DAMAGED),
            None if schema < known => warn(
                NAME,
                format!("whole, {size_bytes}, schema {schema}; this version writes {known}"),
                "the next start migrates it; make a backup first",
            ),
            None => ok(NAME, format!("whole, {size_bytes}, schema {schema}")),
        },
    }
}

/// What `archive verify` exits with where it found something.
const FOUND_DAMAGE: u8 = 1;

/// The weekly look at every stored photo.
pub(super) fn archive_verify(facts: &Facts) -> CheckLine {
    const NAME: &str = "archive-verify";
    let Some(unit) = facts.verify.as_ref().filter(|u| u.load == "loaded") else {
        return warn(
            NAME,
            "nobody looks at the stored photos once a week",
            "install the package, or run `shutterline archive verify` now and then",
        );
    };
    if unit.active == "failed" && unit.exit == FOUND_DAMAGE {
        return fail(
            NAME,
            format!("the check of the stored photos failed, {}", unit.ended),
            "see which photos: shutterline archive verify; keep the camera's card, and look at the disk (`dmesg`)",
        );
    }
    if unit.active == "failed" {
        return warn(
            NAME,
            format!(
                "the check of the stored photos came to no end: {} (exit code {}), {}",
                unit.result, unit.exit, unit.ended
            ),
            "see why: systemctl status shutterline-verify; then: systemctl start shutterline-verify",
        );
    }
    if unit.timer != "enabled" {
        return warn(
            NAME,
            format!(
                "its timer is {}: nobody looks at the stored photos",
                unit.timer
            ),
            "systemctl enable --now shutterline-verify.timer",
        );
    }
    ok(
        NAME,
        match (&*unit.active, &*unit.ended) {
            ("activating", _) => "the stored photos are being looked at now".to_owned(),
            (_, "") => "once a week; not yet since this start of the board".to_owned(),
            (_, ended) => format!("every photo was whole, {ended}"),
        },
    )
}

/// What the check sees faces with.
pub(super) fn models(facts: &Facts) -> CheckLine {
    const NAME: &str = "models";
    const INSTALL: &str = "install the models of this version, then start the station again";
    match (&facts.models.files, &facts.models.daemon) {
        (Some(wrong), _) => fail(NAME, wrong.clone(), INSTALL),
        (None, Some(wrong)) => fail(
            NAME,
            format!("the files are right now; when the daemon started: {wrong}"),
            "systemctl restart shutterline",
        ),
        (None, None) => ok(
            NAME,
            format!(
                "each has the hash that this version was tested with ({})",
                facts.versions.models
            ),
        ),
    }
}

/// Who is who, for a report.
pub(super) fn versions(facts: &Facts) -> CheckLine {
    let v = &facts.versions;
    ok(
        "versions",
        format!(
            "shutterline {}, schema {}, models {}, libgphoto2 {}, kernel {}, board {}",
            v.program, v.schema, v.models, v.libgphoto2, v.kernel, v.board
        ),
    )
}
