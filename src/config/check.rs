//! What a well-formed config can still get wrong.

use super::problem::nearest;
use super::{Config, PedalRule, Problem};
use crate::model::{Binding, Board, Control, Gesture, Millis};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let mut findings = Findings {
        config,
        problems: Vec::new(),
    };
    findings.bindings();
    findings.panel();
    findings.station();
    findings.camera();
    findings.places();
    findings.upload();
    findings.destinations();
    findings.retention();
    findings.problems
}

pub(super) struct Findings<'c> {
    pub(super) config: &'c Config,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    pub(super) fn note(&mut self, key: &str, message: impl Into<String>, next: impl Into<String>) {
        self.problems.push(Problem {
            line: self.config.line(key),
            key: key.to_owned(),
            message: message.into(),
            next: next.into(),
        });
    }

    fn bindings(&mut self) {
        let bindings = &self.config.panel.bindings;
        let mut taken: BTreeMap<(&str, Gesture), Control> = BTreeMap::new();
        for Binding {
            control,
            input,
            gesture,
        } in bindings
        {
            let place = (input.0.as_str(), *gesture);
            let Some(first) = taken.insert(place, *control) else {
                continue;
            };
            // The line to look at is the one that was written, not the default it collides with.
            let written = |c: &Control| self.config.line(&key(*c)).is_some();
            let (named, other) = match (written(control), written(&first)) {
                (false, true) => (first, *control),
                _ => (*control, first),
            };
            let where_other = match self.config.line(&key(other)) {
                Some(line) => format!("on line {line}"),
                None => "by default".to_owned(),
            };
            self.note(
                &key(named),
                format!(
                    "`{named}` and `{other}` ({where_other}) are both bound to \"{} {}\"",
                    place.0,
                    gesture.as_str()
                ),
                format!("bind one of them elsewhere, or write {other} = \"none\""),
            );
        }
        self.pedal();
    }

    fn pedal(&mut self) {
        let find = |control| {
            let mut all = self.config.panel.bindings.iter();
            all.find(|b| b.control == control).cloned()
        };
        let pedal = find(Control::Pedal);
        match &pedal {
            None => self.note(
                &key(Control::Pedal),
                "nothing fires the shutter",
                "bind it, for example pedal = \"pedal press\"",
            ),
            Some(pedal) if pedal.gesture == Gesture::Double => self.note(
                &key(Control::Pedal),
                "`pedal` cannot be a double press: the shutter would wait for the second",
                format!("write pedal = \"{} press\"", pedal.input.0),
            ),
            Some(_) => {}
        }
        let on_pedal = |input: &str| {
            input.contains("pedal") || pedal.as_ref().is_some_and(|p| p.input.0 == input)
        };
        if let Some(accept) = find(Control::Accept)
            && on_pedal(&accept.input.0)
        {
            self.note(
                &key(Control::Accept),
                "`accept` is never on a pedal: a foot would overrule rejects without looking",
                "bind it to a hand button, for example accept = \"accept press\"",
            );
        }
        let Some(pedal) = pedal else { return };
        let one_pedal = self.config.station.policy == PedalRule::OnePedal;
        let long = self.config.panel.bindings.iter().find(|b| {
            b.input == pedal.input && b.gesture == Gesture::Long && b.control != Control::Pedal
        });
        if let Some(other) = long.filter(|_| one_pedal).map(|b| b.control) {
            self.note(
                &key(other),
                "with policy \"one-pedal\" a long press of the pedal shoots the same student again",
                format!("bind `{other}` to another input"),
            );
        }
    }

    fn panel(&mut self) {
        let panel = &self.config.panel;
        self.span("panel.debounce-ms", panel.debounce, 1, 100);
        self.span("panel.stuck-ms", panel.stuck, 1_000, 600_000);
        if panel.stuck <= self.config.station.long_press {
            self.note(
                "panel.stuck-ms",
                "every long press would count as stuck",
                format!(
                    "write more than long-press-ms ({})",
                    self.config.station.long_press.0
                ),
            );
        }
        match panel.named_board() {
            None => {}
            Some(Ok(board)) => self.board(&board),
            Some(Err(error)) => {
                let mut why = error.to_string();
                if let Some(cause) = std::error::Error::source(&error) {
                    why = format!("{why}: {cause}");
                }
                self.note(
                    "panel.board",
                    format!("the board \"{}\" cannot be used: {why}", panel.board),
                    "correct it; `shutterline config check` reads board files too",
                );
            }
        }
    }

    /// Bindings that were written are to inputs that the board has. A default for a button that nobody wired is none.
    fn board(&mut self, board: &Board) {
        let config = self.config;
        let names = board.input_names();
        let names: Vec<&str> = names.iter().map(|n| &*n.0).collect();
        for binding in &config.panel.bindings {
            let key = key(binding.control);
            let needed = binding.control == Control::Pedal || config.line(&key).is_some();
            if !needed || names.contains(&&*binding.input.0) {
                continue;
            }
            let next = match nearest(&binding.input.0, &names) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!(
                    "wire it in the board's file, or bind one of {}",
                    names.join(", ")
                ),
            };
            self.note(
                &key,
                format!(
                    "the board \"{}\" has no input \"{}\"",
                    config.panel.board, binding.input.0
                ),
                next,
            );
        }
    }

    /// A span outside what can work.
    pub(super) fn span(&mut self, key: &str, value: Millis, least: u64, most: u64) {
        if !(least..=most).contains(&value.0) {
            self.note(
                key,
                format!("{} ms is not between {least} and {most} ms", value.0),
                "correct the number; the key's unit is milliseconds",
            );
        }
    }

    fn station(&mut self) {
        let s = &self.config.station;
        self.span("station.settle-ms", s.settle, 0, 10_000);
        self.span("station.advance-guard-ms", s.advance_guard, 0, 10_000);
        self.span(
            "station.min-shot-interval-ms",
            s.min_shot_interval,
            0,
            60_000,
        );
        self.span("station.long-press-ms", s.long_press, 200, 5_000);
        self.span("station.double-press-ms", s.double_press, 100, 1_000);
        self.span(
            "station.request-deadline-ms",
            s.request_deadline,
            100,
            120_000,
        );
        self.span("station.pair-deadline-ms", s.pair_deadline, 100, 120_000);
        self.span("station.advance-hint-ms", s.advance_hint, 0, 600_000);
        self.span("station.confirm-next-ms", s.confirm_next, 200, 60_000);
        self.span("station.digits-timeout-ms", s.digits_timeout, 500, 60_000);
        self.span("station.refetch-ms", s.refetch, 10, 60_000);
        if s.double_press >= s.long_press {
            self.note(
                "station.double-press-ms",
                "a double press must be over before a long press begins",
                format!("write less than long-press-ms ({})", s.long_press.0),
            );
        }
        if !(1..=2).contains(&s.files_per_frame) {
            self.note(
                "station.files-per-frame",
                format!(
                    "a release of the shutter makes 1 or 2 files, not {}",
                    s.files_per_frame
                ),
                "write 1, or 2 for RAW and JPEG",
            );
        }
        if s.max_shots == 0 {
            self.note(
                "station.max-shots",
                "every shot would raise an alarm",
                "write at least 1",
            );
        }
        if s.min_free.0 < 100_000_000 {
            self.note(
                "station.min-free-mb",
                format!(
                    "{} is too little for the frames in flight and the database",
                    s.min_free
                ),
                "write at least 100",
            );
        }
    }

    fn camera(&mut self) {
        let c = &self.config.camera;
        self.span("camera.event-slice-ms", c.event_slice, 1, 1_000);
        self.span("camera.idle-poll-ms", c.idle_poll, 1, 1_000);
        self.span("camera.sim-round-trip-ms", c.sim_round_trip, 0, 1_000);
        self.span("camera.reconnect-first-ms", c.reconnect_first, 1, 60_000);
        self.span("camera.reconnect-max-ms", c.reconnect_max, 1, 600_000);
        let d = &c.deadlines;
        for (key, value) in [
            ("open-ms", d.open),
            ("trigger-ms", d.trigger),
            ("download-ms", d.download),
            ("list-ms", d.list),
            ("other-ms", d.other),
        ] {
            self.span(&format!("camera.deadlines.{key}"), value, 100, 600_000);
        }
        if c.reconnect_first > c.reconnect_max {
            self.note(
                "camera.reconnect-first-ms",
                "the first wait is longer than the longest",
                format!("write at most reconnect-max-ms ({})", c.reconnect_max.0),
            );
        }
        // Below this a process with libgphoto2 and one large frame is replaced after every shot.
        if c.memory_limit.0 < 64_000_000 {
            self.note(
                "camera.memory-limit-mb",
                format!(
                    "{} would have the camera's process replaced all the time",
                    c.memory_limit
                ),
                "write at least 64",
            );
        }
    }

    fn path(&mut self, key: &str, path: &Path) {
        if path.as_os_str().is_empty() {
            self.note(
                key,
                "a path is needed here",
                "write the folder or file in quotes",
            );
        }
    }

    fn places(&mut self) {
        let config = self.config;
        self.path("archive.data", &config.archive.data);
        self.path("socket.path", &config.socket.path);
        for (key, path) in [
            ("archive.incoming", &config.archive.incoming),
            ("camera.sim-folder", &config.camera.sim_folder),
        ] {
            if let Some(path) = path {
                self.path(key, path);
            }
        }
        // The kernel's limit for the name of a Unix socket is 108 bytes with a zero at its end.
        let length = config.socket.path.as_os_str().len();
        if length > 107 {
            self.note(
                "socket.path",
                format!("{length} bytes are more than a Unix socket's path can have"),
                "choose a path of at most 107 bytes",
            );
        }
        if config.socket.mode & 0o007 != 0 {
            self.note(
                "socket.mode",
                "everybody on this machine could press the pedal",
                "write \"0660\", and add who may to the group shutterline",
            );
        }
        if config.check.standard.trim().is_empty() {
            self.note(
                "check.standard",
                "no standard is named",
                "write a name from config/standards/, for example \"cn-graduate-blue\"",
            );
        }
        for (key, value) in [
            ("check.threads", config.check.threads),
            ("upload.parallel", config.upload.parallel),
        ] {
            if !(1..=16).contains(&value) {
                self.note(
                    key,
                    format!("{value} is not between 1 and 16"),
                    "write 1 to 16",
                );
            }
        }
    }

    fn retention(&mut self) {
        let (warn, stop) = (
            self.config.retention.warn_free,
            self.config.station.min_free,
        );
        let said = self.config.line("retention.warn-free-gb").is_some();
        if said && warn.0 > 0 && warn <= stop {
            self.note(
                "retention.warn-free-gb",
                format!("the station would stop at {stop} without a warning"),
                "write more than station.min-free-mb, or 0 for no warning",
            );
        }
    }
}

fn key(control: Control) -> String {
    format!("panel.bindings.{control}")
}
