//! Camera and panel.

use super::{fail, ok, warn};
use crate::doctor::{DaemonFacts, Facts, is_withheld};
use crate::model::{CameraInfo, CameraState, CheckLine, Fault};

/// Battery at which a whole session is not to be started, percent.
const LOW_BATTERY: u32 = 40;

/// Frames that should fit on the card: a session of 350 students with two shots each.
const CARD_FRAMES: u32 = 700;

/// A camera clock further off than this makes the picture's own time useless as evidence, ms.
const CLOCK_TOLERANCE_MS: i64 = 60_000;

/// The camera; what it says of itself follows only where there is one.
pub(super) fn camera(facts: &Facts) -> Vec<CheckLine> {
    let mut lines = vec![seen(facts)];
    if let Some(info) = &facts.camera.info {
        // Without a daemon nobody has applied or read anything.
        if facts.camera.state.is_some() {
            lines.push(profile(info, faults(facts)));
        }
        lines.extend([battery(info), card(info, faults(facts)), clock(info)]);
    }
    lines
}

fn faults(facts: &Facts) -> &[Fault] {
    match &facts.daemon {
        DaemonFacts::Answers { faults, .. } => faults,
        DaemonFacts::None { .. } | DaemonFacts::Mute { .. } => &[],
    }
}

fn seen(facts: &Facts) -> CheckLine {
    const NAME: &str = "camera";
    const PLUG: &str =
        "check its power, its cable and its USB mode, then `shutterline camera list`";
    let camera = &facts.camera;
    let model = camera.info.as_ref().map_or_else(
        || "a camera".to_owned(),
        |info| format!("{} at {}", info.model, info.port),
    );
    if faults(facts).contains(&Fault::CameraClaimed) || camera.claimed_by.is_some() {
        let holder = camera.claimed_by.as_deref().unwrap_or("another program");
        return fail(
            NAME,
            format!("{holder} holds the camera"),
            "stop that program; the package's udev rule keeps desktops away from it",
        );
    }
    if let Some(error) = &camera.error {
        return fail(NAME, error.clone(), PLUG);
    }
    match (camera.state, &camera.info) {
        (Some(CameraState::Ready | CameraState::Busy), _) if camera.driver == "sim" => warn(
            NAME,
            "the simulated camera is open",
            "for a real one: [camera] driver = \"gphoto\" in the config",
        ),
        (Some(CameraState::Ready | CameraState::Busy), _) => ok(NAME, format!("{model} is open")),
        (Some(CameraState::Opening), _) => {
            warn(NAME, "it is being opened", "ask again in some seconds")
        }
        (Some(CameraState::Wedged), _) => fail(
            NAME,
            "it does not answer and is being reconnected",
            "switch it off and on if that lasts; try another cable",
        ),
        (Some(CameraState::Absent), _) => fail(NAME, "there is none", PLUG),
        (None, Some(_)) => ok(NAME, format!("{model} is there; nobody has opened it")),
        (None, None) if camera.driver == "sim" => warn(
            NAME,
            "the config asks for the simulated camera",
            "for a real one: [camera] driver = \"gphoto\"",
        ),
        (None, None) => fail(NAME, "there is none on USB", PLUG),
    }
}

fn profile(info: &CameraInfo, faults: &[Fault]) -> CheckLine {
    const NAME: &str = "camera-profile";
    let differs: Vec<String> = info
        .mismatches
        .iter()
        .map(|m| {
            // What leaves the station says nothing of the photographer.
            if is_withheld(&m.key) {
                return format!("{} is not as wanted", m.key);
            }
            let found = m.found.as_deref().unwrap_or("no such setting");
            format!("{} is {found}, wanted {}", m.key, m.wanted)
        })
        .collect();
    let next = "set it on the camera, or take over its settings: shutterline camera adopt";
    match differs.is_empty() {
        false => warn(NAME, differs.join("; "), next),
        true if faults.contains(&Fault::CameraSettings) => warn(
            NAME,
            "applied and read back, but the last frame was exposed otherwise",
            "look at the mode dial: the camera takes the settings and does not use them",
        ),
        true => ok(NAME, "applied and read back"),
    }
}

fn battery(info: &CameraInfo) -> CheckLine {
    const NAME: &str = "battery";
    let Some(said) = &info.battery else {
        return warn(
            NAME,
            "the camera does not say",
            "look at the camera; use a mains coupler",
        );
    };
    // Cameras also say `Full` or `Low`, which have no number.
    let percent: Option<u32> = said.trim().trim_end_matches('%').trim().parse().ok();
    match percent {
        Some(p) if p < LOW_BATTERY => warn(
            NAME,
            format!("{said}, under {LOW_BATTERY}%"),
            "change it now, or use a mains coupler",
        ),
        _ => ok(NAME, said.clone()),
    }
}

fn card(info: &CameraInfo, faults: &[Fault]) -> CheckLine {
    const NAME: &str = "card";
    if faults.contains(&Fault::CardFull) {
        return fail(
            NAME,
            "full",
            "clear it (after `archive verify`) or change it",
        );
    }
    match (info.frames_left, info.card_free) {
        (Some(n), _) if n < CARD_FRAMES => warn(
            NAME,
            format!("room for {n} frames, under {CARD_FRAMES}"),
            "change it, or clear it after `archive verify`",
        ),
        (Some(n), _) => ok(NAME, format!("room for {n} frames")),
        (None, Some(free)) => ok(NAME, format!("{free} free")),
        (None, None) => warn(
            NAME,
            "the camera does not say",
            "look at the camera: is a card in it?",
        ),
    }
}

fn clock(info: &CameraInfo) -> CheckLine {
    const NAME: &str = "camera-clock";
    match info.clock_offset_ms {
        None => warn(NAME, "it cannot be read", "set it by hand"),
        Some(ms) if ms.abs() > CLOCK_TOLERANCE_MS => warn(
            NAME,
            format!("{} s off", ms / 1000),
            "set it; the difference is taken into account meanwhile",
        ),
        Some(ms) => ok(NAME, format!("{ms} ms off")),
    }
}

/// A station starts without its panel, and says so: it can shoot by the socket and the camera's own button.
pub(super) fn panel(facts: &Facts) -> CheckLine {
    const NAME: &str = "panel";
    const REAL: &str = "for a real one: [panel] driver in the config";
    let asked = facts.panel.driver.as_str();
    let Some(status) = &facts.panel.status else {
        return match asked {
            "sim" => warn(
                NAME,
                "the config asks for the simulated panel: there is no pedal",
                REAL,
            ),
            _ => warn(
                NAME,
                format!("driver {asked}, not opened: no daemon runs"),
                "start the station, or try it by itself: shutterline panel test",
            ),
        };
    };
    let driver = status.driver.as_str();
    if let Some(problem) = &status.problem {
        return fail(
            NAME,
            problem.clone(),
            "put that right; the station tries again every few seconds",
        );
    }
    if faults(facts).contains(&Fault::PedalStuck) {
        return warn(
            NAME,
            format!("driver {driver}: an input is held for longer than any foot would"),
            "release it, look for a short, or try another pedal: shutterline panel watch",
        );
    }
    match driver {
        "sim" => warn(NAME, "the simulated panel: there is no pedal", REAL),
        "" => warn(NAME, "it is being opened", "ask again in some seconds"),
        _ => ok(NAME, format!("{} is open, by {driver}", status.board)),
    }
}
