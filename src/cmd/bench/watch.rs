//! `shutterline panel watch`: what the switches do, edge by edge.

use super::record::{Bounce, bounce_table};
use super::rig::{Rig, Told, asked_to_leave};
use super::setup::{Setup, WiringArgs, refuse_while_held};
use crate::clock;
use crate::cmd::failure::{Exit, Failure};
use crate::cmd::output::{Format, print};
use crate::model::{InputName, Level};
use crate::panel::PanelEvent;
use crate::panel::switches::Seen;
use crate::web::client::Client;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Arguments of `panel watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Which panel.
    #[command(flatten)]
    pub wiring: WiringArgs,
    /// Stop after so many seconds; otherwise Ctrl-C does
    #[arg(long = "for", value_name = "SECONDS")]
    pub seconds: Option<u32>,
    /// How to print.
    #[command(flatten)]
    pub format: Format,
}

/// Shows edges until it is enough, then what the contacts did.
pub async fn run(args: WatchArgs, client: &Client) -> anyhow::Result<Exit> {
    refuse_while_held(client).await?;
    let setup = Setup::of(&args.wiring)?;
    let began = clock::boot_time_us();
    let mut rig = Rig::open(&setup, false)?;
    let mut watch = Watch::new(began, args.format.json);
    print(&watch.head(&setup.options.board.name, rig.driver()))?;
    let longest = args.seconds.map(|s| Duration::from_secs(s.into()));
    let mut enough = std::pin::pin!(async {
        match longest {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    });
    let mut leaving = std::pin::pin!(asked_to_leave());
    let failed = loop {
        tokio::select! {
            biased;
            asked = &mut leaving => break asked.map(|()| None)?,
            () = &mut enough => break None,
            told = rig.next() => match shown(&mut watch, told)? {
                Watched::On => {}
                Watched::Over => break None,
                Watched::Failed(why) => break Some(why),
            },
        }
    };
    let bounces = rig.stats().into_iter().map(|(input, stats)| {
        let debounce = setup.debounce_of(&input);
        Bounce::of(input, stats, debounce)
    });
    print(&watch.end(&bounces.collect::<Vec<_>>()))?;
    match failed {
        None => Ok(Exit::Done),
        Some(why) => Err(Failure::new(why, "").into()),
    }
}

enum Watched {
    On,
    Over,
    Failed(String),
}

fn shown(watch: &mut Watch, told: Vec<Told>) -> anyhow::Result<Watched> {
    for told in told {
        match told {
            Told::Seen(seen) => print(&watch.line(&seen))?,
            Told::Line(line) => print(&watch.unknown(&line))?,
            Told::NoMoreLines => return Ok(Watched::Over),
            Told::Failed(why) => return Ok(Watched::Failed(why)),
        }
    }
    Ok(Watched::On)
}

/// Makes lines of what is seen.
struct Watch {
    began_us: u64,
    json: bool,
    /// The last raw edge of each input.
    last: BTreeMap<InputName, u64>,
}

impl Watch {
    fn new(began_us: u64, json: bool) -> Self {
        Self {
            began_us,
            json,
            last: BTreeMap::new(),
        }
    }

    fn head(&self, board: &str, driver: &str) -> String {
        if self.json {
            return String::new();
        }
        format!(
            "{board}, {driver}. Ctrl-C ends it.\n{:>12}  {:>12}  {:<10} what the line says, and what counts\n",
            "seconds", "since last", "input"
        )
    }

    fn line(&mut self, seen: &Seen) -> String {
        match seen {
            Seen::Raw {
                input,
                level,
                at_us,
            } => {
                let last = self.last.insert(input.clone(), *at_us);
                let interval = last.map(|last| at_us.saturating_sub(last));
                self.edge("raw", input, *level, *at_us, interval)
            }
            Seen::Told(PanelEvent::Edge {
                input,
                level,
                at_us,
            }) => self.edge("accepted", input, *level, *at_us, None),
            Seen::Told(PanelEvent::Stuck { input, stuck }) => self.stuck(input, *stuck),
            // Told by a panel that opens by itself; this one was opened before.
            Seen::Told(PanelEvent::Opened { .. } | PanelEvent::Failed { .. }) => String::new(),
        }
    }

    fn edge(
        &self,
        kind: &str,
        input: &InputName,
        level: Level,
        at_us: u64,
        interval: Option<u64>,
    ) -> String {
        let since = at_us.saturating_sub(self.began_us);
        if self.json {
            return row(json!({
                "kind": kind, "input": input, "level": level, "at_us": at_us, "since_us": since, "interval_us": interval,
            }));
        }
        let word = match level {
            Level::Pressed => "pressed",
            Level::Released => "released",
        };
        let said = match kind {
            "raw" => word.to_owned(),
            _ => format!("{:<9}accepted: {word}", ""),
        };
        let interval = interval.map_or_else(String::new, |us| format!("+{}", seconds(us)));
        format!(
            "{:>12}  {interval:>12}  {:<10} {said}\n",
            seconds(since),
            input.0
        )
    }

    fn stuck(&self, input: &InputName, stuck: bool) -> String {
        if self.json {
            return row(json!({"kind": "stuck", "input": input, "stuck": stuck}));
        }
        let said = if stuck {
            "stuck: ignored until it is let go"
        } else {
            "free again"
        };
        format!("{:>12}  {:>12}  {:<10} {:<9}{said}\n", "", "", input.0, "")
    }

    fn unknown(&self, line: &str) -> String {
        if line.trim().is_empty() {
            return String::new();
        }
        if self.json {
            return row(json!({"kind": "not-understood", "line": line}));
        }
        format!("  ? {line} is no switch of this panel\n")
    }

    fn end(&self, bounces: &[Bounce]) -> String {
        if self.json {
            return row(json!({"kind": "statistics", "inputs": bounces}));
        }
        match bounce_table(bounces) {
            table if table.is_empty() => "\nno switch did anything\n".to_owned(),
            table => format!("\n{table}"),
        }
    }
}

fn row(value: Value) -> String {
    format!("{value}\n")
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(at_us: u64, level: Level) -> Seen {
        Seen::Raw {
            input: InputName("pedal".into()),
            level,
            at_us,
        }
    }

    #[test]
    fn edges_carry_their_moment_and_the_time_since_the_last_of_the_same_input() {
        let mut watch = Watch::new(1_000_000, false);
        let first = watch.line(&raw(2_500_000, Level::Pressed));
        assert!(first.contains("1.500000"), "{first}");
        assert!(!first.contains('+'), "{first}");
        let second = watch.line(&raw(2_500_412, Level::Released));
        assert!(second.contains("+0.000412"), "{second}");
        assert!(second.contains("released"), "{second}");
        let counted = watch.line(&Seen::Told(PanelEvent::Edge {
            input: InputName("pedal".into()),
            level: Level::Pressed,
            at_us: 2_500_000,
        }));
        assert!(counted.contains("accepted: pressed"), "{counted}");
    }

    #[test]
    fn with_json_each_line_is_an_object() {
        let mut watch = Watch::new(0, true);
        assert_eq!(watch.head("board", "cdev"), "");
        let lines = [
            watch.line(&raw(7, Level::Pressed)),
            watch.line(&raw(9, Level::Released)),
            watch.stuck(&InputName("next".into()), true),
            watch.end(&[]),
        ];
        let values: Vec<Value> = lines
            .iter()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(values[0]["interval_us"], Value::Null);
        assert_eq!(values[1]["interval_us"], 2);
        assert_eq!(values[1]["level"], "released");
        assert_eq!(values[2]["kind"], "stuck");
        assert_eq!(values[3]["inputs"], json!([]));
    }
}
