//! Scenario scripts: text in, text out. Each `tests/scenarios/*.txt` is a script with what it shall lead to, indented
//! below each line. `UPDATE_SCENARIOS=1 cargo test --test station_scenarios` writes the outcome anew, to be read.
#![allow(clippy::unwrap_used)] // a test that cannot go on shall stop

mod station_support;

use shutterline::model::*;
use shutterline::station::*;
use station_support::script::{command, long, option, prepare};
use station_support::*;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

struct Script {
    station: Station,
    policy: Policy,
    archive: Archive,
    now: u64,
    opening: u32,
    timers: BTreeMap<TimerId, Millis>,
    tickets: VecDeque<Action>,
    hold_commits: bool,
    fetches: Vec<(FrameId, CameraFileKey)>,
    seen: BTreeMap<FrameId, (Millis, Millis)>,
    last_request: RequestId,
    windows: BTreeMap<String, (Millis, Millis)>,
    state: StationState,
    out: String,
}

fn short(id: &FrameId) -> String {
    format!("f{}", id.sequence().unwrap())
}

impl Script {
    fn new(policy: Policy, archive: Archive) -> Self {
        let (station, actions) = Station::new(policy.clone(), archive.snapshot(), &stamp(0));
        let mut script = Self {
            state: station.state(),
            station,
            policy,
            archive,
            now: 0,
            opening: 1,
            timers: BTreeMap::new(),
            tickets: VecDeque::new(),
            hold_commits: false,
            fetches: Vec::new(),
            seen: BTreeMap::new(),
            last_request: RequestId(0),
            windows: BTreeMap::new(),
            out: String::new(),
        };
        script.act(actions);
        script
    }

    fn say(&mut self, text: impl AsRef<str>) {
        writeln!(self.out, "  {}", text.as_ref()).unwrap();
    }

    fn send(&mut self, event: Event) {
        let actions = self.station.handle(&stamp(self.now), event);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            self.act_on(action);
        }
        let state = self.station.state();
        if state != self.state {
            self.state = state;
            self.say(format!("state {}", state.as_str()));
        }
        if !self.hold_commits {
            self.commit_all();
        }
    }

    fn act_on(&mut self, action: Action) {
        match action {
            Action::Trigger(request) => {
                self.last_request = request.id;
                let who = match request.serial {
                    Some(serial) => format!("serial {serial}"),
                    None => "test".into(),
                };
                self.say(format!("camera.trigger {} {who}", request.id));
            }
            Action::Commit { ref change, .. } => {
                self.say(format!("commit {}", describe(change)));
                self.tickets.push_back(action);
            }
            Action::Store {
                ref frame,
                ref file,
                ..
            } => {
                self.say(format!(
                    "archive.store {} {}",
                    describe_frame(frame),
                    file.key.name
                ));
                self.tickets.push_back(action);
            }
            Action::Fetch { frame, key } => {
                self.say(format!("camera.fetch {} {}", short(&frame), key.name));
                let window = self.windows.get(&key.name).copied().unwrap_or_default();
                self.seen.insert(frame.clone(), window);
                self.fetches.push((frame, key));
            }
            Action::Check { frame, .. } => self.say(format!("check {}", short(&frame))),
            Action::DeleteOnCamera(key) => self.say(format!("camera.delete {}", key.name)),
            Action::Show(lamps) => {
                let lit = [
                    ("red", lamps.red),
                    ("amber", lamps.amber),
                    ("green", lamps.green),
                ]
                .into_iter()
                .filter(|(_, p)| p.state() != LampState::Off)
                .map(|(name, p)| format!(" {name}-{:?}", p.state()).to_lowercase());
                let lit: String = lit.collect();
                self.say(format!("led{}", if lit.is_empty() { " off" } else { &lit }));
            }
            Action::Sound(tune) => self.say(format!("buzzer {}", tune.as_str())),
            Action::SetTimer { id, at } => _ = self.timers.insert(id, at),
            Action::CancelTimer(id) => _ = self.timers.remove(&id),
            Action::Reply { result, .. } => self.say_reply(result),
        }
    }

    fn say_reply(&mut self, result: Result<Outcome, Refusal>) {
        match result {
            Err(refusal) => self.say(format!("reply {}: {refusal}", refusal.code.as_str())),
            Ok(outcome) => {
                self.say(format!("reply ok: {}", outcome.message));
                for remark in outcome.remarks {
                    self.say(format!("  remark {remark}"));
                }
                for step in outcome.preview.iter().flat_map(|p| &p.moves) {
                    let (before, after) = (owner(&step.before), owner(&step.after));
                    self.say(format!("  {} {before} -> {after}", short(&step.frame)));
                }
                if let Some(preview) = outcome.preview {
                    let (was, is) = preview.current;
                    let chair = |s: Option<Serial>| s.map_or("nobody".into(), |s| s.to_string());
                    self.say(format!("  chair {} -> {}", chair(was), chair(is)));
                }
            }
        }
    }

    fn commit_all(&mut self) {
        while let Some(action) = self.tickets.pop_front() {
            self.settle(action, Ok(()));
        }
    }

    fn settle(&mut self, action: Action, result: Result<(), CommitFailure>) {
        let ticket = match &action {
            Action::Commit { ticket, .. } | Action::Store { ticket, .. } => *ticket,
            _ => return,
        };
        if let Err(failure) = result {
            return self.send(Event::CommitFailed { ticket, failure });
        }
        match action {
            Action::Commit { change, .. } => self.archive.apply(&change),
            Action::Store {
                frame,
                file,
                change,
                ..
            } => self.archive.store(&frame, &file.key, &change),
            _ => {}
        }
        self.send(Event::Committed(ticket));
    }

    /// Rings every timer that is due before or at `until`, in order.
    fn ring(&mut self, until: u64) {
        loop {
            let due = self.timers.iter().map(|(id, at)| (*at, id.clone())).min();
            let Some((at, id)) = due.filter(|(at, _)| at.0 <= until) else {
                break;
            };
            self.timers.remove(&id);
            self.now = self.now.max(at.0);
            let before = self.out.len();
            self.send(Event::Timer(id.clone()));
            if self.out.len() > before {
                let line = format!("  [t={} timer {}]\n", at.0, timer_name(&id));
                self.out.insert_str(before, &line);
            }
        }
        self.now = self.now.max(until);
    }

    fn key(&self, name: &str) -> CameraFileKey {
        CameraFileKey {
            camera: "cam".into(),
            opening: format!("boot-{}", self.opening),
            folder: "/DCIM".into(),
            name: name.into(),
            size_bytes: Bytes(1000),
            modified_s: 0,
        }
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (time, words) = words.split_first().unwrap();
        let at = time.strip_prefix("t=").unwrap().parse().unwrap();
        self.ring(at);
        let wall = |t: &str| WallMs(EPOCH + t.parse::<i64>().unwrap());
        match words {
            ["wait"] => {}
            // A shot of whoever sits there, from the pedal to the verdict, then the next student.
            ["student", verdict, reasons @ ..] => {
                let name = format!("S{}.JPG", self.now);
                for line in ["pedal tap", &format!("seen {name}"), &format!("got {name}")] {
                    self.line(&format!("t={} {line}", self.now + 100));
                }
                let last = self.station.frames().filter_map(|f| f.id.sequence()).max();
                let judge = format!("judge f{} {verdict} {}", last.unwrap(), reasons.join(" "));
                self.line(&format!("t={} {judge}", self.now + 100));
                let presses = if *verdict == "reject" { 2 } else { 1 };
                for _ in 0..presses {
                    self.line(&format!("t={} next tap", self.now + 500));
                }
            }
            ["status"] => self.say_status(),
            ["proposed", serial] => {
                let frame = self.station.proposed(serial.parse().unwrap());
                let text = frame.map_or("nothing".into(), |f| short(&f.id));
                self.say(format!("proposed {text}"));
            }
            ["restart"] => self.restart(),
            ["commits", how] => {
                self.hold_commits = *how == "hold";
                if !self.hold_commits {
                    self.commit_all();
                }
            }
            ["commit", how] => {
                let result = match *how {
                    "ok" => Ok(()),
                    "full" => Err(CommitFailure::Full),
                    _ => Err(CommitFailure::Broken),
                };
                let action = self.tickets.pop_front().unwrap();
                self.settle(action, result);
            }
            ["camera", "lost"] => {
                self.opening += 1;
                self.fetches.clear();
                self.send(Event::CameraLost);
            }
            ["camera", state] => {
                let json = serde_json::json!(state);
                self.send(Event::Camera(serde_json::from_value(json).unwrap()));
            }
            ["refuse", why] => {
                let failure = match *why {
                    "focus" => ShotFailure::Focus,
                    "busy" => ShotFailure::Busy,
                    "card-full" => ShotFailure::CardFull,
                    _ => ShotFailure::Other,
                };
                let request = self.last_request;
                self.send(Event::ShotFailed { request, failure });
            }
            ["seen", name, rest @ ..] => {
                let quiet = option(rest, "quiet")
                    .map_or(self.now.saturating_sub(50), |t| t.parse().unwrap());
                let (quiet_since, seen_at) = (Millis(quiet), Millis(self.now));
                self.windows.insert((*name).into(), (quiet_since, seen_at));
                let mut key = self.key(name);
                if rest.contains(&"sizeless") {
                    key.size_bytes = Bytes(0);
                }
                self.send(Event::FileSeen {
                    key,
                    quiet_since,
                    seen_at,
                });
            }
            ["found", name, rest @ ..] => {
                let taken_at = option(rest, "taken").map(wall);
                let key = self.key(name);
                self.send(Event::FileFound { key, taken_at });
            }
            ["got", name, rest @ ..] => self.downloaded(name, option(rest, "taken").map(wall)),
            [how @ ("short" | "gone"), name] => {
                let at = self
                    .fetches
                    .iter()
                    .position(|(_, k)| k.name == *name)
                    .unwrap();
                let (frame, key) = self.fetches.remove(at);
                self.send(match *how {
                    "gone" => Event::FileGone { frame, key },
                    _ => Event::DownloadFailed { frame, key },
                });
            }
            ["judge", frame, verdict, reasons @ ..] => self.judge(&long(frame), verdict, reasons),
            ["space", free, rest @ ..] => self.send(Event::Space {
                free: Bytes(free.parse().unwrap()),
                landing: option(rest, "landing").map(|b| Bytes(b.parse().unwrap())),
            }),
            ["archive", waits] => self.send(Event::ArchiveWaits(match *waits {
                "on" => None,
                "locked" => Some(ArchiveWait::Unlocked),
                _ => Some(ArchiveWait::Room),
            })),
            ["fault", name, on] => {
                let fault = serde_json::from_value(serde_json::json!(name)).unwrap();
                self.send(Event::Fault {
                    fault,
                    raised: *on == "on",
                });
            }
            ["stuck", name] => self.send(Event::Stuck {
                input: input(name),
                stuck: true,
            }),
            ["free", name] => self.send(Event::Stuck {
                input: input(name),
                stuck: false,
            }),
            ["ask", rest @ ..] => {
                let command = command(rest);
                let reply = ReplyId(self.now);
                self.send(Event::Command {
                    reply,
                    who: Actor::Technician,
                    command,
                });
            }
            [name, "down"] => self.edge(name, Level::Pressed),
            [name, "up"] => self.edge(name, Level::Released),
            [name, "tap"] => {
                self.edge(name, Level::Pressed);
                self.edge(name, Level::Released);
            }
            other => panic!("no such line: {other:?}"),
        }
    }

    fn edge(&mut self, name: &str, level: Level) {
        self.send(Event::Edge {
            input: input(name),
            level,
            at: Millis(self.now),
        });
    }

    fn downloaded(&mut self, name: &str, taken_at: Option<WallMs>) {
        let at = self.fetches.iter().position(|(_, k)| k.name == *name);
        let (frame, mut key) = self
            .fetches
            .remove(at.unwrap_or_else(|| panic!("{name} was not asked for")));
        key.size_bytes = self.key(name).size_bytes;
        let (quiet_since, seen_at) = self.seen[&frame];
        let file = CameraFile {
            received_bytes: key.size_bytes,
            key,
            sha256: Sha256("00".into()),
            exif_taken: None,
            exif: ExifSettings::default(),
            quiet_since,
            seen_at,
        };
        self.send(Event::Downloaded {
            frame,
            file,
            taken_at,
        });
    }

    fn judge(&mut self, frame: &FrameId, verdict: &str, reasons: &[&str]) {
        let reasons = reasons.iter().map(|id| Reason {
            id: id.trim_end_matches('?').into(),
            severity: if id.ends_with('?') {
                Severity::Warn
            } else {
                Severity::Reject
            },
            was: None,
            about: match rule::equipment(id.trim_end_matches('?')) {
                Some(_) => About::Equipment,
                None => About::Student,
            },
            zh: String::new(),
            en: String::new(),
        });
        self.send(Event::Judged {
            frame: frame.clone(),
            verdict: Verdict::from_word(verdict).unwrap(),
            reasons: reasons.collect(),
            report: serde_json::Value::Null,
        });
    }

    fn restart(&mut self) {
        self.opening += 1;
        self.timers.clear();
        self.tickets.clear();
        self.fetches.clear();
        let snapshot = self.archive.snapshot();
        let (station, actions) = Station::new(self.policy.clone(), snapshot, &stamp(self.now));
        self.station = station;
        self.act(actions);
    }

    fn say_status(&mut self) {
        let status = self.station.status();
        let none = || "-".to_owned();
        let words = |list: Vec<String>| {
            if list.is_empty() {
                none()
            } else {
                list.join(",")
            }
        };
        let faults = status
            .faults
            .iter()
            .map(|f| f.as_str().to_owned())
            .collect();
        let (q, f) = (status.queue, status.frames);
        self.say(format!(
            "{} serial {} student {} faults {} alarms {} reasons {} digits {} buzzer {}",
            status.state.as_str(),
            status.serial.map_or(none(), |s| s.to_string()),
            status.student_number.map_or(none(), |s| s.to_string()),
            words(faults),
            words(status.alarms),
            words(status.reasons),
            words(vec![status.digits]),
            status.buzzer,
        ));
        self.say(format!(
            "queue waiting {} done {} held {} unfinished {} absent {}; frames {} pass {} warn {} reject {} aside {}",
            q.waiting, q.done, q.held, q.unfinished, q.absent, f.total, f.pass, f.warn, f.reject, f.set_aside,
        ));
        if !status.lowered.is_empty() || f.equipment > 0 {
            let lowered = status.lowered.join(",");
            self.say(format!("equipment {} lowered {lowered}", f.equipment));
        }
        if !status.storage.full.is_empty() {
            let full = status.storage.full.iter();
            let full: Vec<_> = full.map(|d| d.as_str().to_owned()).collect();
            self.say(format!("full {}", words(full)));
        }
        let entries = self.station.entries().iter();
        let entries: Vec<String> = entries
            .map(|e| format!("{}:{}", e.serial, e.state.as_str()))
            .collect();
        self.say(format!("entries {}", words(entries)));
    }
}

fn timer_name(id: &TimerId) -> String {
    match id {
        TimerId::Long(input) => format!("long {}", input.0),
        TimerId::Double(input) => format!("double {}", input.0),
        TimerId::Request => "request".into(),
        TimerId::Settled => "settled".into(),
        TimerId::ConfirmNext => "confirm-next".into(),
        TimerId::Digits => "digits".into(),
        TimerId::Pair(frame) => format!("pair {}", short(frame)),
        TimerId::Refetch(frame) => format!("refetch {}", short(frame)),
    }
}

fn owner(whose: &(Option<Serial>, Option<StudentNumber>)) -> String {
    match whose {
        (None, _) => "nobody".into(),
        (Some(serial), None) => format!("{serial}/unbound"),
        (Some(serial), Some(student)) => format!("{serial}/{student}"),
    }
}

fn describe_frame(frame: &Frame) -> String {
    let mut text = format!(
        "{} {} {} {}",
        short(&frame.id),
        frame.state.as_str(),
        owner(&(frame.serial, frame.student.clone())),
        frame.origin.as_str(),
    );
    if let Some(verdict) = frame.verdict {
        write!(text, " {}", verdict.as_str()).unwrap();
    }
    for (set, word) in [(frame.accepted, "accepted"), (frame.retaken, "retaken")] {
        if set {
            write!(text, " {word}").unwrap();
        }
    }
    if !frame.candidates.is_empty() {
        let each: Vec<String> = frame.candidates.iter().map(Serial::to_string).collect();
        write!(text, " candidates {}", each.join(",")).unwrap();
    }
    text
}

fn describe(change: &Change) -> String {
    let mut text = format!("{} by {}", change.kind.as_str(), change.who.as_str());
    let simple = [
        EventKind::FaultRaised,
        EventKind::FaultCleared,
        EventKind::Alarm,
        EventKind::LateReject,
    ];
    if simple.contains(&change.kind) {
        let about = change.detail.get("fault").or(change.detail.get("alarm"));
        write!(
            text,
            " {}",
            about.and_then(|v| v.as_str()).unwrap_or_default()
        )
        .unwrap();
    }
    let rows = change.rows.iter().map(|row| match row {
        Row::Session(s) => {
            let reference = s.reference.as_ref();
            format!(
                "session {:?} chair {}{}",
                s.state,
                s.current.map_or("empty".into(), |s| s.to_string()),
                reference.map_or(String::new(), |f| format!(" reference {}", short(f)))
            )
            .to_lowercase()
        }
        Row::Entry { entry, .. } => {
            let student = entry
                .student
                .as_ref()
                .map_or("unbound", |s| s.number.as_str());
            let waived = match entry.waived.as_slice() {
                [] => String::new(),
                waived => format!(" waived {}", waived.join(",")),
            };
            format!(
                "{}/{student} {}{waived}",
                entry.serial,
                entry.state.as_str()
            )
        }
        Row::Request(r) => {
            let outcome = r.outcome.map_or("open", |o| o.as_str());
            let files: Vec<&str> = r.files.iter().map(|f| &*f.name).collect();
            format!("{} {outcome} {}", r.request.id, files.join(" "))
                .trim()
                .to_owned()
        }
        Row::Frame(frame) => describe_frame(frame),
        Row::Report { .. } => "report".into(),
        Row::Lowered { reasons, .. } => format!("lowered {}", reasons.join(",")),
        Row::Paused(paused) => format!("paused {paused}"),
        Row::PendingRoster(roster) => format!("roster of {}", roster.len()),
        Row::AdoptedSettings { settings, .. } => format!("{} settings", settings.len()),
    });
    let rows: Vec<String> = rows.collect();
    if !rows.is_empty() {
        write!(text, ": {}", rows.join("; ")).unwrap();
    }
    text
}

fn play(text: &str) -> String {
    let mut policy = policy();
    let mut archive = Archive::default();
    let mut script: Option<Script> = None;
    let mut written = String::new();
    for line in text.lines().filter(|l| !l.starts_with("  ")) {
        writeln!(written, "{line}").unwrap();
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if !line.starts_with("t=") {
            let words: Vec<&str> = line.split_whitespace().collect();
            prepare(&words, &mut policy, &mut archive);
            continue;
        }
        let script = script.get_or_insert_with(|| {
            let mut script = Script::new(policy.clone(), archive.clone());
            // How every scenario begins is shown by one of them only.
            if !text.contains("# show the start") {
                script.out.clear();
            }
            script
        });
        script.line(line);
        written.push_str(&std::mem::take(&mut script.out));
    }
    written
}

#[test]
fn every_scenario_plays_as_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 15);
    let mut wrong = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let played = play(&text);
        if std::env::var_os("UPDATE_SCENARIOS").is_some() {
            std::fs::write(&path, &played).unwrap();
        } else if played != text {
            let at = played.lines().zip(text.lines()).position(|(a, b)| a != b);
            let at = at.unwrap_or(0);
            wrong.push(format!(
                "{}:{}\n  written: {:?}\n  played:  {:?}",
                path.display(),
                at + 1,
                text.lines().nth(at),
                played.lines().nth(at)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
