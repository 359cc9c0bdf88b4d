//! `shutterline panel test` and `panel watch`: a tester's bench on the terminal, without the daemon.
//!
//! It holds the panel itself, so it refuses while a station does. What it decides is in `walk`, a function of what is heard;
//! what it finds is written down after every step, so that a connection that breaks loses nothing. Its words are a technician's: English.

mod paper;
pub mod plan;
mod record;
mod rig;
pub mod setup;
mod sim;
mod walk;
pub mod watch;

use super::failure::{Exit, Failure};
use super::output::print;
use super::when::utc;
use crate::clock;
use crate::panel::PanelEvent;
use crate::panel::switches::Seen;
use crate::web::client::Client;
use clap::Args;
use paper::Paper;
use plan::{Part, steps};
use record::{Bounce, Sheet, Versions};
use rig::{Rig, Told, asked_to_leave};
use setup::{Setup, WiringArgs, refuse_while_held};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;
use walk::{Do, Heard, Walk};

/// Arguments of `panel test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Which panel.
    #[command(flatten)]
    pub wiring: WiringArgs,
    /// Leave these parts out, because nothing is wired there
    #[arg(long, value_name = "PART,…", value_delimiter = ',')]
    pub without: Vec<Part>,
    /// Where to write the result: FILE.txt and FILE.json [default: panel-test-DATE-TIME in this folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How long to wait for a press or an answer, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub patience: u32,
}

/// Walks a technician through the panel and writes down what worked; done only when everything did.
pub async fn test(args: TestArgs, client: &Client) -> anyhow::Result<Exit> {
    refuse_while_held(client).await?;
    let setup = Setup::of(&args.wiring)?;
    let steps = steps(&setup.options.board, setup.wired, &args.without);
    if steps.is_empty() {
        let next = "name fewer parts after --without, or another board with --board";
        return Err(Failure::new("nothing is left to test", next).into());
    }
    let date = utc(clock::wall_time());
    let mut bench = Bench {
        rig: Rig::open(&setup, true)?,
        paper: Paper::lay_out(&args.out.clone().unwrap_or_else(|| named_after(&date)))?,
        walk: Walk::new(steps),
        date,
        clock_trusted: clock::wall_clock_trusted(),
        left_out: args.without,
        setup,
    };
    bench.greet()?;
    bench
        .walk(Duration::from_secs(args.patience.into()))
        .await?;
    bench.part()
}

/// `panel-test-20260620-091233`.
fn named_after(date: &str) -> PathBuf {
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at(8.min(digits.len()));
    PathBuf::from(format!("panel-test-{day}-{time}"))
}

struct Bench {
    setup: Setup,
    rig: Rig,
    paper: Paper,
    walk: Walk,
    date: String,
    clock_trusted: bool,
    left_out: Vec<Part>,
}

impl Bench {
    fn greet(&self) -> anyhow::Result<()> {
        let name = &self.setup.options.board.name;
        let driver = self.rig.driver();
        print(&format!(
            "{name}, {driver}. Answers end with Enter: [y]es, [n]o and why, [r]epeat, [s]kip, [q]uit.\n"
        ))?;
        if !self.setup.wired {
            print(
                "Nothing is wired: type a switch's name to press it, \"pedal +3\" to let it bounce.\n",
            )?;
        }
        Ok(())
    }

    /// Goes through the steps; each may take `patience`, and as long again after the question what to do.
    async fn walk(&mut self, patience: Duration) -> anyhow::Result<()> {
        let mut todo = VecDeque::from(self.walk.begin());
        let mut rest = std::pin::pin!(tokio::time::sleep(patience));
        let mut leaving = std::pin::pin!(asked_to_leave());
        loop {
            while let Some(next) = todo.pop_front() {
                match next {
                    Do::Say(words) => print(&format!("{words}\n"))?,
                    Do::Show(lamps) => self.rig.show(lamps)?,
                    Do::Sound(pattern) => self.rig.sound(pattern)?,
                    Do::Number(number) => self.rig.number(number)?,
                    Do::Look => todo.extend(self.walk.hear(Heard::Held(self.rig.held()))),
                    Do::Patience => rest.set(tokio::time::sleep(patience)),
                    Do::Write => self.paper.write(&self.sheet())?,
                    Do::Finish => return self.paper.write(&self.sheet()),
                }
            }
            let heard = tokio::select! {
                biased;
                asked = &mut leaving => asked.map(|()| vec![Heard::Gone])?,
                told = self.rig.next() => told.into_iter().filter_map(heard_of).collect(),
                () = &mut rest => vec![Heard::TimedOut],
            };
            for heard in heard {
                todo.extend(self.walk.hear(heard));
            }
        }
    }

    fn sheet(&self) -> Sheet {
        let steps = self.walk.records();
        let bounces = self.rig.stats().into_iter().map(|(input, stats)| {
            let debounce = self.setup.debounce_of(&input);
            Bounce::of(input, stats, debounce)
        });
        Sheet {
            result: Sheet::verdict(&steps),
            board: self.setup.options.board.name.clone(),
            model: self.setup.model.clone(),
            chip: self.setup.options.board.chip.clone(),
            driver: self.rig.driver().to_owned(),
            versions: Versions::here(),
            date: self.date.clone(),
            clock_trusted: self.clock_trusted,
            left_out: self.left_out.clone(),
            steps,
            bounce: bounces.collect(),
        }
    }

    /// Shows the result, says where it is, and ends by it.
    fn part(self) -> anyhow::Result<Exit> {
        let sheet = self.sheet();
        let (text, json) = (self.paper.text_path(), self.paper.json_path());
        print(&format!(
            "\n{}\nwritten to {} and {}\n",
            sheet.text(),
            text.display(),
            json.display()
        ))?;
        Ok(match sheet.result {
            "passed" => Exit::Done,
            _ => Exit::Failed,
        })
    }
}

/// What the walk hears of it; raw edges are only counted.
fn heard_of(told: Told) -> Option<Heard> {
    match told {
        Told::Seen(Seen::Raw { .. }) | Told::Seen(Seen::Told(PanelEvent::Opened { .. })) => None,
        Told::Seen(Seen::Told(PanelEvent::Edge { input, level, .. })) => {
            Some(Heard::Edge(input, level))
        }
        Told::Seen(Seen::Told(PanelEvent::Stuck { input, stuck })) => {
            Some(Heard::Stuck(input, stuck))
        }
        Told::Seen(Seen::Told(PanelEvent::Failed { problem })) | Told::Failed(problem) => {
            Some(Heard::Failed(problem))
        }
        Told::Line(line) => Some(Heard::Line(line)),
        Told::NoMoreLines => Some(Heard::Gone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_named_after_its_date() {
        let name = named_after("2026-06-20 09:12:33 UTC");
        assert_eq!(name, PathBuf::from("panel-test-20260620-091233"));
    }
}
