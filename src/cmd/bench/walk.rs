//! The walk through the steps: what is heard comes in, what to do goes out. No I/O and no clock.

use super::plan::{Light, Step, Task};
use crate::model::{InputName, Lamps, Level, Pattern, Tune};
use crate::station::signals::{DARK, tune};
use serde::Serialize;
use std::mem;

/// What the bench hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A switch was pressed or let go, bounces aside.
    Edge(InputName, Level),
    /// A switch is held for too long (`true`), or was let go after that.
    Stuck(InputName, bool),
    /// The switches that read pressed at this moment, in answer to [`Do::Look`].
    Held(Vec<InputName>),
    /// The technician typed something.
    Line(String),
    /// Nothing happened for as long as a step may take.
    TimedOut,
    /// The panel failed: why, and the next step.
    Failed(String),
    /// The technician is gone: no more input, or Ctrl-C.
    Gone,
}

/// What the bench shall do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// Say this to the technician.
    Say(String),
    /// Light the lamps.
    Show(Lamps),
    /// Play this once.
    Sound(Pattern),
    /// Show a number, or nothing.
    Number(Option<u32>),
    /// Say which switches read pressed: [`Heard::Held`].
    Look,
    /// A step's time begins anew.
    Patience,
    /// A step ended: write down how it stands.
    Write,
    /// The walk is over.
    Finish,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// The technician went on without it.
    Skipped,
    /// Nobody did or answered anything.
    TimedOut,
    /// The walk ended before it.
    NotReached,
}

impl Outcome {
    /// The word in the result.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
            Outcome::TimedOut => "timed-out",
            Outcome::NotReached => "not-reached",
        }
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Its name.
    pub step: String,
    /// Where it is wired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was noticed.
    pub remarks: Vec<String>,
}

const KEYS: &str = "[r]epeat, [s]kip, [q]uit";

/// The walk.
#[derive(Debug)]
pub struct Walk {
    steps: Vec<Step>,
    at: usize,
    /// Presses still to come in this step.
    left: u32,
    /// Whether the switch of this step is down.
    down: bool,
    /// The step's time is over, and the technician was asked.
    asked: bool,
    remarks: Vec<String>,
    records: Vec<Record>,
}

impl Walk {
    /// A walk through these steps.
    pub fn new(steps: Vec<Step>) -> Self {
        Self {
            steps,
            at: 0,
            left: 0,
            down: false,
            asked: false,
            remarks: Vec::new(),
            records: Vec::new(),
        }
    }

    /// How it stands: what was tried, and that the rest was not.
    pub fn records(&self) -> Vec<Record> {
        let missing = self.steps.iter().skip(self.records.len());
        let missing = missing.map(|step| record(step, Outcome::NotReached, Vec::new()));
        self.records.iter().cloned().chain(missing).collect()
    }

    /// The first step begins.
    pub fn begin(&mut self) -> Vec<Do> {
        self.start()
    }

    /// Something happened.
    pub fn hear(&mut self, heard: Heard) -> Vec<Do> {
        let Some(step) = self.steps.get(self.at).cloned() else {
            return vec![Do::Finish];
        };
        match heard {
            Heard::Edge(input, level) => self.edge(&step, &input, level),
            Heard::Stuck(input, true) => {
                let words = format!("{} is held, or its line does not come back", input.0);
                self.remark(words)
            }
            Heard::Stuck(_, false) => Vec::new(),
            Heard::Held(inputs) => self.rested(&inputs),
            Heard::Line(line) => self.line(&step, &line),
            Heard::TimedOut => self.timed_out(&step),
            Heard::Failed(problem) => {
                self.remarks.push(problem);
                let mut out = self.end(Outcome::Failed);
                out.retain(|d| *d == Do::Write);
                self.at = self.steps.len();
                out.push(Do::Finish);
                out
            }
            Heard::Gone => vec![Do::Finish],
        }
    }

    fn edge(&mut self, step: &Step, input: &InputName, level: Level) -> Vec<Do> {
        let Task::Press(wanted, _) = &step.task else {
            return Vec::new();
        };
        match (input == wanted, level) {
            (true, Level::Pressed) => self.down = true,
            (true, Level::Released) if self.down => {
                self.down = false;
                self.left = self.left.saturating_sub(1);
                if self.left == 0 {
                    return self.end(Outcome::Passed);
                }
                let more = format!("  {} more", self.left);
                return vec![Do::Say(more), Do::Patience];
            }
            (true, Level::Released) => {}
            (false, Level::Pressed) => {
                let words = format!("{} answered instead of {}", input.0, wanted.0);
                return self.remark(words);
            }
            (false, Level::Released) => {}
        }
        Vec::new()
    }

    /// Something worth writing down; said only once a step.
    fn remark(&mut self, words: String) -> Vec<Do> {
        if self.remarks.contains(&words) {
            return Vec::new();
        }
        let said = Do::Say(format!("  {words}"));
        self.remarks.push(words);
        vec![said]
    }

    fn rested(&mut self, held: &[InputName]) -> Vec<Do> {
        if held.is_empty() {
            return self.end(Outcome::Passed);
        }
        let names: Vec<&str> = held.iter().map(|i| &*i.0).collect();
        let words = format!(
            "{} read pressed with nobody touching them: a short, a missing pull-up, or `contact` and `active` in the board's file",
            names.join(", ")
        );
        let mut out = self.remark(words);
        out.extend(self.end(Outcome::Failed));
        out
    }

    fn line(&mut self, step: &Step, line: &str) -> Vec<Do> {
        let line = line.trim();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let question = matches!(step.task, Task::Light(_) | Task::Sound(_) | Task::Digits(_));
        match word.to_lowercase().as_str() {
            "q" | "quit" => vec![Do::Finish],
            "s" | "skip" => self.end(Outcome::Skipped),
            "r" | "repeat" => self.start(),
            "" if step.task == Task::Rest => vec![Do::Look],
            "y" | "yes" if question => self.end(Outcome::Passed),
            "n" | "no" if question => {
                if !rest.trim().is_empty() {
                    self.remarks.push(rest.trim().to_owned());
                }
                self.end(Outcome::Failed)
            }
            _ => vec![Do::Say(format!("  ? {}", choices(&step.task)))],
        }
    }

    fn timed_out(&mut self, step: &Step) -> Vec<Do> {
        if mem::replace(&mut self.asked, true) {
            return self.end(Outcome::TimedOut);
        }
        let look = match (&step.task, &step.place) {
            (Task::Press(..), Some(place)) => format!(" Look at {place}."),
            _ => String::new(),
        };
        let words = format!("  Nothing came.{look} {KEYS}?");
        vec![Do::Say(words), Do::Patience]
    }

    /// The present step from its beginning.
    fn start(&mut self) -> Vec<Do> {
        self.down = false;
        self.asked = false;
        self.remarks.clear();
        let Some(step) = self.steps.get(self.at) else {
            return vec![Do::Finish];
        };
        self.left = match step.task {
            Task::Press(_, times) => times,
            _ => 0,
        };
        let number = format!("{}/{}", self.at + 1, self.steps.len());
        let place = step.place.as_ref().map(|p| format!("  [{p}]"));
        let place = place.unwrap_or_default();
        let say = format!("{number}  {}{place}", prompt(&step.task));
        let mut out = vec![Do::Show(DARK), Do::Number(None), Do::Say(say)];
        match &step.task {
            Task::Rest | Task::Press(..) => {}
            Task::Light(light) => out.push(Do::Show(lit(*light))),
            Task::Sound(sound) => out.push(Do::Sound(tune(*sound))),
            Task::Digits(number) => out.push(Do::Number(Some(*number))),
        }
        out.push(Do::Patience);
        out
    }

    fn end(&mut self, outcome: Outcome) -> Vec<Do> {
        let Some(step) = self.steps.get(self.at) else {
            return vec![Do::Finish];
        };
        let remarks = mem::take(&mut self.remarks);
        self.records.push(record(step, outcome, remarks));
        self.at += 1;
        let mut out = vec![Do::Say(format!("  {}", outcome.as_str())), Do::Write];
        out.extend(self.start());
        out
    }
}

fn record(step: &Step, outcome: Outcome, remarks: Vec<String>) -> Record {
    Record {
        step: step.name(),
        place: step.place.clone(),
        outcome,
        remarks,
    }
}

/// Only this lamp, without a rhythm.
fn lit(light: Light) -> Lamps {
    let mut lamps = DARK;
    match light {
        Light::Red => lamps.red = Pattern::ON,
        Light::Amber => lamps.amber = Pattern::ON,
        Light::Green => lamps.green = Pattern::ON,
    }
    lamps
}

fn choices(task: &Task) -> String {
    match task {
        Task::Rest => format!("Enter, {KEYS}"),
        Task::Press(..) => KEYS.to_owned(),
        Task::Light(_) | Task::Sound(_) | Task::Digits(_) => {
            format!("[y]es, [n]o and why, {KEYS}")
        }
    }
}

fn prompt(task: &Task) -> String {
    match task {
        Task::Rest => "Hands and feet off everything, then press Enter.".to_owned(),
        Task::Press(input, 1) => format!("Press {} and let go.", input.0),
        Task::Press(input, times) => format!("Press {} and let go, {times} times.", input.0),
        Task::Light(light) => format!("Is the {light} light on, and no other? [y/n]"),
        Task::Sound(sound) => format!(
            "Did it sound {} ({})? [y/n]",
            rhythm(*sound),
            sound.as_str()
        ),
        Task::Digits(number) => format!("Does the display show {number:04}? [y/n]"),
    }
}

/// A sound as one would hum it.
fn rhythm(sound: Tune) -> String {
    let beats = tune(sound).beats.iter().filter(|b| b.on && b.ms > 0);
    let words = beats.map(|b| match b.ms {
        ..100 => "tick",
        100..200 => "short",
        _ => "long",
    });
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests;
