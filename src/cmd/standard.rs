//! `shutterline standard …`: what a standard asks for, and what this session is lenient about.

use super::output::{Format, show, show_outcome, table, text};
use crate::check::{Limit, Standard, catalogue, number};
use crate::daemon::{find_standard, standard_text};
use crate::model::Outcome;
use crate::web::client::Client;
use crate::web::wire::LowerBody;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::collections::BTreeMap;

const EXAMPLES: &str = "Examples:
  shutterline standard show cn-graduate-blue
  shutterline standard show my-school.toml --json
  shutterline standard lower shine           # the hall is hot: a remark for the rest of the session
  shutterline standard lower shine --undo";

/// Arguments of `standard`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StandardArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: StandardVerb,
}

/// What can be done with the standard of the open session.
#[derive(Debug, Subcommand)]
pub enum StandardVerb {
    /// Show what a standard asks for, and where each figure comes from; needs no daemon
    Show {
        /// cn-graduate-blue, cn-graduate-white, icao, or the path of a standard's file
        #[arg(value_name = "NAME|FILE")]
        name: String,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Let a reason be no more than a remark in this session (audited)
    ///
    /// The last frame of whoever sits there is judged anew at once; earlier ones stay as they are.
    Lower {
        /// The reason's id, as `status` and `frames list` show it
        reason: String,
        /// As severe as the standard has it again
        #[arg(long)]
        undo: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Asks and shows.
pub async fn run(args: StandardArgs, client: &Client) -> anyhow::Result<()> {
    match args.verb {
        StandardVerb::Show { name, format } => {
            let shown = Shown::of(&find_standard(&name)?, &standard_text(&name)?);
            show(&shown, format, Shown::table)
        }
        StandardVerb::Lower {
            reason,
            undo,
            format,
        } => {
            let body = LowerBody { reason, undo };
            let outcome: Outcome = client.post("/v1/standard/lower", &body).await?;
            show_outcome(&outcome, format)
        }
    }
}

/// A standard as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    title_zh: String,
    title_en: String,
    measures: Vec<Asked>,
    /// The table `[portrait]` as it stands in the file.
    portrait: Vec<String>,
}

/// What is asked of one measure.
#[derive(Debug, Serialize)]
struct Asked {
    measure: &'static str,
    unit: &'static str,
    min: Option<f64>,
    warn_min: Option<f64>,
    warn_max: Option<f64>,
    max: Option<f64>,
    severity: crate::model::Severity,
    /// The reason ids on either side.
    reasons: Vec<&'static str>,
    /// The comment above its table: what it is, and where the figures come from.
    source: String,
}

impl Shown {
    fn of(standard: &Standard, toml: &str) -> Self {
        let sources = sources(toml);
        let asked = |kind: &crate::check::MeasureKind| {
            let Limit {
                min,
                max,
                warn_min,
                warn_max,
                severity,
            } = standard.limit(kind.name);
            let mut reasons: Vec<_> = [kind.below, kind.above]
                .iter()
                .flatten()
                .map(|f| f.id)
                .collect();
            reasons.dedup();
            Asked {
                measure: kind.name,
                unit: kind.unit,
                min,
                warn_min,
                warn_max,
                max,
                severity,
                reasons,
                source: sources.get(kind.name).cloned().unwrap_or_default(),
            }
        };
        let portrait = toml.lines().skip_while(|l| l.trim() != "[portrait]");
        Self {
            name: standard.name().to_owned(),
            title_zh: standard.title_zh().to_owned(),
            title_en: standard.title_en().to_owned(),
            measures: catalogue::limited().map(asked).collect(),
            portrait: portrait
                .skip(1)
                .take_while(|l| !l.starts_with('['))
                .map(str::to_owned)
                .collect(),
        }
    }

    fn table(&self) -> String {
        let mut rows = table([
            "measure",
            "rejected outside",
            "remarked outside",
            "severity",
            "reasons",
        ]);
        for asked in &self.measures {
            rows.add_row([
                asked.measure.to_owned(),
                span(asked.min, asked.max, asked.unit),
                span(asked.warn_min, asked.warn_max, asked.unit),
                format!("{:?}", asked.severity).to_lowercase(),
                asked.reasons.join(", "),
            ]);
        }
        let mut shown = format!(
            "{}: {} · {}\n\n{}",
            self.name,
            self.title_zh,
            self.title_en,
            text(&rows)
        );
        if !self.portrait.is_empty() {
            shown += &format!("\nportrait\n  {}\n", self.portrait.join("\n  ").trim_end());
        }
        shown += "\nsources\n";
        for asked in &self.measures {
            shown += &format!("  {}: {}\n", asked.measure, asked.source);
        }
        shown
    }
}

fn span(min: Option<f64>, max: Option<f64>, unit: &str) -> String {
    let text = match (min, max) {
        (Some(min), Some(max)) => format!("{} to {}", number(min), number(max)),
        (Some(min), None) => format!("at least {}", number(min)),
        (None, Some(max)) => format!("at most {}", number(max)),
        (None, None) => return String::new(),
    };
    format!("{text} {unit}").trim_end().to_owned()
}

/// The comment above each `[measure.NAME]`, by name, in one line.
fn sources(toml: &str) -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in toml.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix('#') {
            comment.push(words.trim());
        } else if let Some(name) = line
            .strip_prefix("[measure.")
            .and_then(|l| l.strip_suffix(']'))
        {
            sources.insert(name.to_owned(), comment.join(" "));
        } else {
            comment.clear();
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_of_a_shipped_standard_has_its_source() {
        for name in Standard::builtin_names() {
            let shown = Shown::of(&find_standard(name).unwrap(), &standard_text(name).unwrap());
            for asked in &shown.measures {
                let source = asked.source.to_lowercase();
                let named = [
                    "ours",
                    "29794",
                    "9303",
                    "19794",
                    "registration standard",
                    "notice",
                ];
                assert!(
                    named.iter().any(|n| source.contains(n)),
                    "{name}, {}: {source}",
                    asked.measure
                );
            }
            let table = shown.table();
            assert!(
                table.contains("[480") || table.contains("width-px = 480"),
                "{table}"
            );
        }
    }
}
