//! `shutterline archive verify`: every stored file against its row.

use super::failure::{Exit, Failure};
use super::output::{Format, print, print_json, table, text};
use crate::web::VerifyLine;
use crate::web::client::Client;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  shutterline archive verify
  shutterline archive verify --json | jq .problems";

/// Arguments of `archive`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ArchiveArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: ArchiveVerb,
}

/// What can be done with the archive.
#[derive(Debug, Subcommand)]
pub enum ArchiveVerb {
    /// Check presence, size and hash of every stored file; exits 1 when something is wrong
    Verify {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// A file that is not as its row says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Problem {
    path: String,
    problem: String,
    next: String,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Findings {
    files: u64,
    problems: Vec<Problem>,
}

/// Asks, shows the progress on standard error, and prints what was found.
pub async fn run(args: ArchiveArgs, client: &Client) -> anyhow::Result<Exit> {
    let ArchiveVerb::Verify { format } = args.verb;
    let mut lines = client.verify().await?;
    let bar = bar();
    let mut findings = Findings::default();
    let ended = loop {
        match lines.next().await? {
            None => break false,
            Some(VerifyLine::Done { files, .. }) => {
                findings.files = files;
                break true;
            }
            Some(VerifyLine::Progress { done, total }) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Some(VerifyLine::Problem {
                path,
                problem,
                next,
            }) => {
                bar.suspend(|| tracing::debug!(path, problem, "a file is not as its row says"));
                findings.problems.push(Problem {
                    path,
                    problem,
                    next,
                });
            }
        }
    };
    bar.finish_and_clear();
    if !ended {
        return Err(Failure::new(
            "the check of the archive was cut short: the daemon stopped",
            "start the daemon and run it again: it changes nothing",
        )
        .into());
    }
    if format.json {
        print_json(&findings)?;
    } else {
        print(&human(&findings))?;
    }
    Ok(if findings.problems.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// A bar on standard error; nothing at all where that is no terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} files, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn human(findings: &Findings) -> String {
    let files = findings.files;
    if findings.problems.is_empty() {
        return format!("{files} files, each present and whole\n");
    }
    let mut rows = table(["problem", "file", "next"]);
    for problem in &findings.problems {
        rows.add_row([&problem.problem, &problem.path, &problem.next]);
    }
    let count = findings.problems.len();
    format!("{}{files} files, {count} problems\n", text(&rows))
}
