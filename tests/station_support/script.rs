//! The words of a scenario: what is asked of the station, and what holds before it begins.
#![allow(clippy::unwrap_used)] // a test that cannot go on shall stop

use super::*;

pub fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words
        .iter()
        .find_map(|w| w.strip_prefix(name)?.strip_prefix('='))
}

pub fn long(text: &str) -> FrameId {
    let n = text.trim_start_matches('f').parse().unwrap();
    FrameId::new(&StationId("k7qa".into()), n)
}

pub fn command(words: &[&str]) -> Command {
    let dry_run = words.contains(&"dry");
    let n = |i: usize| -> Serial { words[i].parse().unwrap() };
    let reason = words.iter().find_map(|w| match *w {
        "absent" => Some(HoldReason::Absent),
        "fix" => Some(HoldReason::Fix),
        _ => None,
    });
    match words[0] {
        "open" => Command::SessionOpen {
            name: words.get(1).map(|n| (*n).to_owned()),
        },
        "close" => Command::SessionClose {
            force: words.contains(&"force"),
            card_only: option(words, "card").map_or(Some(0), |c| c.parse().ok()),
        },
        "import" => Command::RosterImport {
            students: words[1..]
                .iter()
                .map(|w| student(w.parse().unwrap()))
                .collect(),
            session: None,
        },
        "call" => Command::Call { serial: n(1) },
        "hold" => Command::Hold {
            target: words
                .get(1)
                .and_then(|w| w.parse().ok())
                .map_or(HoldTarget::Current, HoldTarget::Serial),
            reason,
        },
        "recall" => Command::Recall { serial: n(1) },
        "absent" => Command::MarkAbsent { serial: n(1) },
        "bind" => Command::Bind {
            serial: n(1),
            student: student(words[2].parse().unwrap()),
            dry_run,
        },
        "undo-advance" => Command::UndoAdvance { dry_run },
        "shift" => Command::Shift {
            from: n(1),
            to: n(2),
            by: words[3].parse().unwrap(),
            dry_run,
        },
        "swap" => Command::Swap {
            a: n(1),
            b: n(2),
            dry_run,
        },
        "undo" => Command::UndoCorrection { dry_run },
        "accept" => Command::Accept {
            frame: long(words[1]),
        },
        "reassign" => Command::Reassign {
            frame: long(words[1]),
            to: student(words[2].parse().unwrap()).number,
            dry_run,
        },
        "split" => Command::Split {
            from: long(words[1]),
            dry_run,
        },
        "discard" => Command::Discard {
            frame: long(words[1]),
        },
        "test-shot" => Command::TestShot { reference: false },
        "reference" => Command::TestShot { reference: true },
        "lower" => Command::Lower {
            reason: words[1].into(),
            undo: words.contains(&"undo"),
        },
        "waive" => Command::Waive {
            target: words[1]
                .parse()
                .map_or(HoldTarget::Current, HoldTarget::Serial),
            reason: words[2].into(),
            undo: words.contains(&"undo"),
        },
        "adopt" => Command::AdoptSettings {
            settings: vec![("iso".into(), "100".into())],
        },
        other => panic!("no such command: {other}"),
    }
}

/// `set NAME VALUE` and `roster N` lines come before the first moment.
pub fn prepare(words: &[&str], policy: &mut Policy, archive: &mut Archive) {
    let ms = |text: &str| Millis(text.parse().unwrap());
    match words {
        ["exempt", n, reason] => {
            let n: usize = n.parse().unwrap();
            archive.pending_roster[n - 1].exempt.push((*reason).into());
        }
        ["roster", n] => archive.pending_roster = (1..=n.parse().unwrap()).map(student).collect(),
        ["set", "one-pedal"] => policy.pedal = PedalPolicy::OnePedal,
        ["set", "clear-card"] => policy.clear_card = true,
        ["set", "pair"] => policy.files_per_frame = 2,
        ["set", "max-shots", n] => policy.max_shots = n.parse().unwrap(),
        ["set", "request-deadline", t] => policy.request_deadline = ms(t),
        ["set", "pedal-long", control] => policy.bindings.push(Binding {
            control: control.parse().unwrap(),
            input: input("pedal"),
            gesture: Gesture::Long,
        }),
        other => panic!("no such setting: {other:?}"),
    }
}
