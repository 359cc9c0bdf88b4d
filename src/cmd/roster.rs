//! `shutterline roster import`: the list of graduates from a file.

use super::failure::Failure;
use super::output::{Format, show_outcome};
use crate::desk::roster;
use crate::model::{Outcome, SessionId};
use crate::web::client::Client;
use crate::web::wire::{RosterBody, StudentBody};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  shutterline roster import civil-engineering.csv
  shutterline roster import late.csv --session k7qa-s3

The file has the headings student_number,name or 学号,姓名; UTF-8 or GB18030. A column exempt or 豁免 may name
reasons that are no more than remarks on a student, separated by semicolons: head-covered;ears-covered.";

/// Largest roster that is read, in bytes: far more than any university has graduates.
const FILE_MAX_BYTES: u64 = 16 << 20;

/// Arguments of `roster`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RosterArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: RosterVerb,
}

/// What can be done with the roster.
#[derive(Debug, Subcommand)]
pub enum RosterVerb {
    /// Fill the open session, or the next one opened, with the students of a CSV file
    Import {
        /// The CSV file
        file: PathBuf,
        /// Refuse unless this session is the open one
        #[arg(long, value_name = "SESSION")]
        session: Option<String>,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Reads the file here, so that the daemon never opens a path that a client names, and sends the students.
pub async fn run(args: RosterArgs, client: &Client) -> anyhow::Result<()> {
    let RosterVerb::Import {
        file,
        session,
        format,
    } = args.verb;
    let bytes = read(&file)?;
    let read = roster::read(&bytes, &file.display().to_string())?;
    let students = read
        .students
        .into_iter()
        .map(|student| StudentBody {
            student_number: student.number.to_string(),
            name: student.name,
            exempt: student.exempt,
        })
        .collect();
    let body = RosterBody {
        students,
        session: session.map(SessionId),
    };
    let mut outcome: Outcome = client.post("/v1/roster", &body).await?;
    outcome
        .remarks
        .extend(read.remarks.iter().map(ToString::to_string));
    show_outcome(&outcome, format)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let failed = |e: std::io::Error| {
        Failure::new(
            format!("failed to read the roster {}", file.display()),
            "check the path and its rights",
        )
        .because(e)
    };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > FILE_MAX_BYTES {
        return Err(Failure::new(
            format!("the roster {} is {size} bytes long", file.display()),
            format!("a roster has at most {FILE_MAX_BYTES}: is it the right file?"),
        )
        .into());
    }
    Ok(std::fs::read(file).map_err(failed)?)
}
