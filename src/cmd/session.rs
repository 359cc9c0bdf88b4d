//! `shutterline session …`: opening, the preflight, closing, the list.

use super::failure::Exit;
use super::output::{Format, or_dash, show, show_outcome, table, text};
use super::when;
use crate::clock;
use crate::model::{Outcome, SessionState};
use crate::web::Finding;
use crate::web::client::Client;
use crate::web::wire::{
    NoBody, PreflightView, SessionCloseBody, SessionOpenBody, SessionView, TestShotBody,
};
use clap::{Args, Subcommand};

const EXAMPLES: &str = "Examples:
  shutterline session preflight
  shutterline session open --name '2026-06-20 morning, Civil Engineering'
  shutterline session open --reference   # with a reference shot of the lit backdrop
  shutterline session close
  shutterline session close --force      # audited: what remains is listed and recorded
  shutterline session list --json";

/// Arguments of `session`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SessionArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: SessionVerb,
}

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub enum SessionVerb {
    /// Open a session and issue its serials to the roster, in its order
    Open {
        /// What people call it; the date by default
        #[arg(long)]
        name: Option<String>,
        /// Fire once for nobody, and compare the session's frames with it
        #[arg(long)]
        reference: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Look at battery, card, clock, disk and models, and take a reference shot (under a minute)
    ///
    /// Exits 1 when something is not fit to shoot.
    Preflight {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Close the open session; refused (4) with a list of what remains unless it balances
    Close {
        /// Close although it does not balance; audited
        #[arg(long)]
        force: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// List all sessions
    List {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Asks and shows.
pub async fn run(args: SessionArgs, client: &Client) -> anyhow::Result<Exit> {
    match args.verb {
        SessionVerb::Open {
            name,
            reference,
            format,
        } => {
            let mut outcome: Outcome = client
                .post("/v1/sessions", &SessionOpenBody { name })
                .await?;
            if reference {
                let body = TestShotBody { reference };
                let shot: Result<Outcome, _> = client.post("/v1/camera/test-shot", &body).await;
                // The session is open all the same: what to do is told, not failed.
                match shot {
                    Ok(shot) => {
                        outcome.remarks.push(shot.message);
                        outcome.remarks.extend(shot.remarks);
                    }
                    Err(error) => outcome.remarks.push(format!(
                        "no reference shot was taken ({error}); shutterline camera test-shot --reference"
                    )),
                }
            }
            show_outcome(&outcome, format)?;
        }
        SessionVerb::Close { force, format } => {
            let outcome: Outcome = client
                .post("/v1/sessions/close", &SessionCloseBody { force })
                .await?;
            show_outcome(&outcome, format)?;
        }
        SessionVerb::List { format } => {
            let sessions: Vec<SessionView> = client.get("/v1/sessions").await?;
            show(&sessions, format, |sessions| list_text(sessions))?;
        }
        SessionVerb::Preflight { format } => {
            let view: PreflightView = client.post("/v1/sessions/preflight", &NoBody {}).await?;
            show(&view, format, preflight_text)?;
            if view.finding == Finding::Fail {
                return Ok(Exit::Failed);
            }
        }
    }
    Ok(Exit::Done)
}

fn list_text(sessions: &[SessionView]) -> String {
    if sessions.is_empty() {
        return "no session yet; open one with: shutterline session open\n".to_owned();
    }
    let mut rows = table(["session", "name", "state", "serial", "opened"]);
    for session in sessions {
        let state = match session.state {
            SessionState::Open => "open 进行中",
            SessionState::Closed => "closed 已结束",
        };
        rows.add_row([
            session.id.to_string(),
            session.name.clone(),
            state.to_owned(),
            or_dash(session.serial),
            when::ago(session.opened_at_ms, clock::wall_time(), true),
        ]);
    }
    text(&rows)
}

fn preflight_text(view: &PreflightView) -> String {
    let mut rows = table(["", "what", "found", "next"]);
    for line in &view.lines {
        let finding = match line.finding {
            Finding::Ok => "ok 正常",
            Finding::Warn => "LOOK 注意",
            Finding::Fail => "FAIL 不可拍",
        };
        rows.add_row([finding, &line.name, &line.message, &line.next]);
    }
    let verdict = match view.finding {
        Finding::Ok => "可以开拍 · fit to shoot",
        Finding::Warn => "可以开拍，但请查看 · fit to shoot, with something to look at",
        Finding::Fail => "不可开拍 · not fit to shoot",
    };
    format!("{}{verdict}\n", text(&rows))
}
