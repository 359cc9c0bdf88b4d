//! What a walk found: as text for people, as JSON for programs.

use super::plan::Part;
use super::walk::{Outcome, Record};
use crate::cmd::output::{table, text};
use crate::model::{InputName, Millis};
use crate::panel::switches::BounceStats;
use serde::Serialize;

/// What a contact did, as programs are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bounce {
    /// Which switch.
    pub input: InputName,
    /// Presses that counted.
    pub presses: u64,
    /// Raw edges, bounces included.
    pub edges: u64,
    /// Most edges of one closing or opening; 1 is a contact that does not bounce.
    pub most_edges: u64,
    /// Longest time from the first to the last of them, µs.
    pub longest_bounce_us: u64,
    /// Contacts too short to be a press.
    pub glitches: u64,
    /// The longest of them, µs.
    pub longest_glitch_us: u64,
    /// Edges that the kernel dropped.
    pub lost: u64,
    /// How long it may bounce, ms.
    pub debounce_ms: u64,
}

impl Bounce {
    /// The figures of a switch that may bounce for so long.
    pub fn of(input: InputName, stats: BounceStats, debounce: Millis) -> Self {
        Self {
            input,
            presses: stats.presses,
            edges: stats.edges,
            most_edges: stats.most_edges,
            longest_bounce_us: stats.longest_bounce_us,
            glitches: stats.glitches,
            longest_glitch_us: stats.longest_glitch_us,
            lost: stats.lost,
            debounce_ms: debounce.0,
        }
    }

    /// What a technician should do about it, if anything.
    pub fn remark(&self) -> Option<String> {
        let name = &self.input.0;
        // Two thirds: contacts wear, and the same switch bounces longer next year.
        if self.longest_bounce_us * 3 > self.debounce_ms * 2000 {
            let lasted = ms(self.longest_bounce_us);
            return Some(format!(
                "{name} bounced for {lasted} ms, and debounce-ms is {}: clean or replace the switch, or raise debounce-ms",
                self.debounce_ms
            ));
        }
        if self.glitches > 0 {
            let longest = ms(self.longest_glitch_us);
            return Some(format!(
                "{name} had {} contacts too short for a press (up to {longest} ms): look at shield, ground and plug",
                self.glitches
            ));
        }
        (self.lost > 0).then(|| {
            format!(
                "{name} lost {} edges: the board was too busy to read them",
                self.lost
            )
        })
    }
}

fn ms(us: u64) -> String {
    format!("{}.{:01}", us / 1000, us % 1000 / 100)
}

/// The figures as a table; nothing where no switch did anything.
pub fn bounce_table(bounces: &[Bounce]) -> String {
    let mut rows = table([
        "input",
        "presses",
        "edges",
        "most at once",
        "longest ms",
        "too short",
        "lost",
    ]);
    for b in bounces.iter().filter(|b| b.edges > 0 || b.lost > 0) {
        rows.add_row([
            b.input.0.clone(),
            b.presses.to_string(),
            b.edges.to_string(),
            b.most_edges.to_string(),
            ms(b.longest_bounce_us),
            b.glitches.to_string(),
            b.lost.to_string(),
        ]);
    }
    let mut out = String::new();
    if !rows.is_empty() {
        out.push_str(&text(&rows));
    }
    for remark in bounces.iter().filter_map(Bounce::remark) {
        out.push_str(&format!("  - {remark}\n"));
    }
    out
}

/// The versions that a result was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// Of this program.
    pub shutterline: &'static str,
    /// The kernel's release.
    pub kernel: String,
    /// The system's name for itself.
    pub system: Option<String>,
}

impl Versions {
    /// Of what runs here.
    pub fn here() -> Self {
        let kernel = rustix::system::uname();
        let os = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        let name = os.lines().find_map(|l| l.strip_prefix("PRETTY_NAME="));
        Self {
            shutterline: env!("CARGO_PKG_VERSION"),
            kernel: kernel.release().to_string_lossy().into_owned(),
            system: name.map(|n| n.trim_matches('"').to_owned()),
        }
    }
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// `passed` if every step passed, `unfinished` if some were not reached, else `failed`.
    pub result: &'static str,
    /// The board, as its file names it.
    pub board: String,
    /// The model that the machine says it is.
    pub model: Option<String>,
    /// The GPIO chip, as the file names it.
    pub chip: String,
    /// What drove the lines.
    pub driver: String,
    /// What it was made with.
    pub versions: Versions,
    /// When it began, in UTC.
    pub date: String,
    /// Whether the clock was right then, as far as the machine knows.
    pub clock_trusted: bool,
    /// Parts that were left out on purpose.
    pub left_out: Vec<Part>,
    /// What became of each step.
    pub steps: Vec<Record>,
    /// What the contacts did.
    pub bounce: Vec<Bounce>,
}

impl Sheet {
    /// The result of these steps.
    pub fn verdict(steps: &[Record]) -> &'static str {
        let any = |outcome| steps.iter().any(|s| s.outcome == outcome);
        match steps.iter().all(|s| s.outcome == Outcome::Passed) {
            true if !steps.is_empty() => "passed",
            _ if any(Outcome::NotReached) => "unfinished",
            _ => "failed",
        }
    }

    /// As people read it.
    pub fn text(&self) -> String {
        let mut out = format!("Shutterline panel test: {}\n\n", self.result.to_uppercase());
        let model = self.model.as_deref().unwrap_or("-");
        let system = self.versions.system.as_deref().unwrap_or("-");
        let trusted = if self.clock_trusted {
            ""
        } else {
            " (clock not trusted)"
        };
        for (what, value) in [
            ("board", self.board.clone()),
            ("model", model.to_owned()),
            ("chip", self.chip.clone()),
            ("driver", self.driver.clone()),
            ("shutterline", self.versions.shutterline.to_owned()),
            ("kernel", self.versions.kernel.clone()),
            ("system", system.to_owned()),
            ("date", format!("{}{trusted}", self.date)),
        ] {
            out.push_str(&format!("{what:<12} {value}\n"));
        }
        if !self.left_out.is_empty() {
            let parts = self
                .left_out
                .iter()
                .map(|p| format!("{p:?}").to_lowercase());
            out.push_str(&format!(
                "{:<12} {}\n",
                "left out",
                parts.collect::<Vec<_>>().join(", ")
            ));
        }
        out.push('\n');
        let mut rows = table(["", "step", "outcome", "wired to"]);
        for (n, step) in self.steps.iter().enumerate() {
            rows.add_row([
                (n + 1).to_string(),
                step.step.clone(),
                step.outcome.as_str().to_owned(),
                step.place.clone().unwrap_or_default(),
            ]);
        }
        out.push_str(&text(&rows));
        for step in &self.steps {
            for remark in &step.remarks {
                out.push_str(&format!("  - {}: {remark}\n", step.step));
            }
        }
        let bounce = bounce_table(&self.bounce);
        if !bounce.is_empty() {
            out.push_str(&format!("\nContacts\n{bounce}"));
        }
        out
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn record(outcome: Outcome) -> Record {
        Record {
            step: "input pedal".into(),
            place: None,
            outcome,
            remarks: vec!["next answered instead of pedal".into()],
        }
    }

    pub fn sheet() -> Sheet {
        let stats = BounceStats {
            presses: 3,
            edges: 20,
            most_edges: 5,
            longest_bounce_us: 12_340,
            ..BounceStats::default()
        };
        Sheet {
            result: "failed",
            board: "Bench".into(),
            model: None,
            chip: "gpio-sim".into(),
            driver: "cdev".into(),
            versions: Versions::here(),
            date: "2026-06-20 09:12:33 UTC".into(),
            clock_trusted: false,
            left_out: vec![Part::Keypad],
            steps: vec![record(Outcome::Failed)],
            bounce: vec![Bounce::of(InputName("pedal".into()), stats, Millis(15))],
        }
    }

    #[test]
    fn a_result_is_passed_only_if_every_step_is() {
        use Outcome::{Failed, NotReached, Passed, Skipped, TimedOut};
        let verdict = |outcomes: &[Outcome]| {
            Sheet::verdict(&outcomes.iter().map(|o| record(*o)).collect::<Vec<_>>())
        };
        assert_eq!(verdict(&[Passed, Passed]), "passed");
        for outcome in [Failed, Skipped, TimedOut] {
            assert_eq!(verdict(&[Passed, outcome]), "failed");
            assert_eq!(verdict(&[outcome, NotReached]), "unfinished");
        }
        assert_eq!(verdict(&[]), "failed", "nothing tried is nothing proven");
    }

    #[test]
    fn the_text_says_who_what_when_and_what_was_noticed() {
        let text = sheet().text();
        for part in [
            "FAILED",
            "Bench",
            "gpio-sim",
            "09:12:33 UTC (clock not trusted)",
            "left out     keypad",
            "input pedal: next answered instead of pedal",
            "12.3",
            "raise debounce-ms",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
