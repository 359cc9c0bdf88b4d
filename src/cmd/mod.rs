//! The command line: one file a subcommand. All but `run`, `demo`, `check`, `config check`, `panel test|watch|safe` and a
//! technician's tools (`doctor`, `logs`, `support-bundle`, `backup`, `restore`) are thin clients of the API.
//!
//! A command decides nothing and stores nothing; what it prints is what the daemon answered. Exit codes: 0 done, 1 failed,
//! 2 usage, 3 no daemon, 4 refused by the station's state. Errors are printed once, here, with their causes and the next step.

pub mod archive;
pub mod backup;
pub mod bench;
pub mod camera;
pub mod camera_child;
pub mod check;
pub mod check_outputs;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod events;
pub mod failure;
pub mod frames;
pub mod generate;
pub mod heap;
pub mod keys;
pub mod log;
pub mod logs;
pub mod output;
pub mod panel;
pub mod panel_safe;
mod place;
pub mod queue;
pub mod restore;
pub mod roster;
pub mod run;
pub mod session;
pub mod standard;
pub mod status;
pub mod support_bundle;
pub mod upload;
mod when;
pub mod words;

use crate::web::DEFAULT_SOCKET;
use crate::web::client::Client;
use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use failure::{Exit, describe, exit_of};
use std::path::PathBuf;
use std::process::ExitCode;

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 failed, 2 usage, 3 no daemon, 4 refused by the station's state.

Examples:
  shutterline demo
  shutterline run --camera sim --panel sim --data ./data --socket ./s.sock
  shutterline roster import roster.csv && shutterline session open
  shutterline status --json";

/// A tethered portrait-capture station for official graduate photo sessions.
#[derive(Debug, Parser)]
#[command(name = "shutterline", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// The daemon's control socket
    #[arg(long, global = true, env = "SHUTTERLINE_SOCKET", value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the station
    Run(run::RunArgs),
    /// Play a venue morning of twelve students
    Demo(demo::DemoArgs),
    /// A question to the running station.
    #[command(flatten)]
    Ask(Question),
    /// Judge photos from disk, without a daemon
    Check(check::CheckArgs),
    /// The config file
    Config(config::ConfigArgs),
    /// Look the whole station over, with or without its daemon
    Doctor(doctor::DoctorArgs),
    /// What the station logged, by session, serial or frame
    Logs(logs::LogsArgs),
    /// Pack what support needs to know, without anything of a person
    SupportBundle(support_bundle::BundleArgs),
    /// Copy the whole archive, verified, while the station shoots
    Backup(backup::BackupArgs),
    /// Put a backup into an empty data folder
    Restore(restore::RestoreArgs),
    /// The camera's own process, started by `run`
    #[command(hide = true)]
    CameraChild {
        /// Its own arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Man pages and shell completions, for the package
    #[command(hide = true)]
    Generate(generate::GenerateArgs),
}

/// The commands that ask the daemon.
#[derive(Debug, Subcommand)]
pub enum Question {
    /// Show the station at a glance
    Status(status::StatusArgs),
    /// The list of students (学生名单)
    Roster(roster::RosterArgs),
    /// Open, prepare and close sessions (拍摄场次)
    Session(session::SessionArgs),
    /// Who sits when, and corrections of serials (拍摄序号)
    Queue(queue::QueueArgs),
    /// What the session's standard is lenient about
    Standard(standard::StandardArgs),
    /// The photographer's panel
    Panel(panel::PanelArgs),
    /// What was shot, and whose it is
    Frames(frames::FramesArgs),
    /// The stored files
    Archive(archive::ArchiveArgs),
    /// What still has to reach a destination
    Upload(upload::UploadArgs),
    /// The tethered camera
    Camera(camera::CameraArgs),
    /// What was done and by whom, and what happens now
    Events(events::EventsArgs),
}

/// The command line, each verb with those of its group's examples that show it.
fn command() -> clap::Command {
    Cli::command().mut_subcommands(|group| {
        let name = group.get_name().to_owned();
        let examples = group
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        group.mut_subcommands(|verb| {
            let wanted = format!("shutterline {name} {}", verb.get_name());
            let own: Vec<&str> = examples.lines().filter(|l| l.contains(&wanted)).collect();
            if own.is_empty() {
                return verb;
            }
            verb.after_help(format!("Examples:\n{}", own.join("\n")))
        })
    })
}

/// Parses the command line, does what it says, and prints what went wrong, once.
pub fn main() -> ExitCode {
    heap::share();
    let cli = match Cli::from_arg_matches(&command().get_matches()) {
        Ok(cli) => cli,
        Err(usage) => usage.exit(),
    };
    match dispatch(cli) {
        Ok(exit) => exit,
        Err(error) => {
            eprint!("{}", describe(&error));
            exit_of(&error).into()
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Doctor(args) => client()?
            .block_on(doctor::run(args, cli.socket))
            .map(ExitCode::from),
        Command::Logs(args) => logs::run(args),
        Command::SupportBundle(args) => {
            client()?.block_on(support_bundle::run(args, cli.socket))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::CameraChild { args } => Ok(camera_child::run(&args)),
        Command::Generate(args) => generate::run(&args, command()),
        Command::Ask(question) => {
            let socket = cli.socket.unwrap_or_else(|| DEFAULT_SOCKET.into());
            client()?
                .block_on(ask(question, &Client::new(socket)))
                .map(ExitCode::from)
        }
    }
}

/// What a client's questions run on.
fn client() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the client")
}

async fn ask(question: Question, client: &Client) -> anyhow::Result<Exit> {
    match question {
        Question::Status(args) => status::run(args, client).await?,
        Question::Roster(args) => roster::run(args, client).await?,
        Question::Session(args) => return session::run(args, client).await,
        Question::Queue(args) => queue::run(args, client).await?,
        Question::Standard(args) => standard::run(args, client).await?,
        Question::Panel(args) => return panel::run(args, client).await,
        Question::Frames(args) => frames::run(args, client).await?,
        Question::Archive(args) => return archive::run(args, client).await,
        Question::Upload(args) => upload::run(args, client).await?,
        Question::Camera(args) => camera::run(args, client).await?,
        Question::Events(args) => events::run(args, client).await?,
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn every_command_for_people_shows_examples() {
        let has = |command: &clap::Command| {
            command
                .get_after_help()
                .is_some_and(|help| help.to_string().contains("Examples:"))
        };
        let command = command();
        for group in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            assert!(has(group), "{} has none", group.get_name());
            for verb in group.get_subcommands().filter(|c| !c.is_hide_set()) {
                assert!(
                    has(verb),
                    "{} {} has none",
                    group.get_name(),
                    verb.get_name()
                );
            }
        }
    }
}
