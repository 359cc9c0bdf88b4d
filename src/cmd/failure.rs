//! How a command ends: its exit code, and the one place where a chain of errors is printed.

use crate::web::client::ClientError;
use std::process::ExitCode;

/// The exit codes of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed: a file, a connection, a finding.
    Failed = 1,
    /// Called wrongly.
    Usage = 2,
    /// No daemon answers on the socket.
    NoDaemon = 3,
    /// The daemon answered, and the station's state forbids it (or it has no such frame, serial or session).
    Refused = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// A failure of a command itself, with its next step.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub next: String,
    /// How to exit.
    pub exit: Exit,
    /// The cause, if there is one.
    #[source]
    pub source: Option<anyhow::Error>,
}

impl Failure {
    /// A failure without a cause behind it.
    pub fn new(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            next: next.into(),
            exit: Exit::Failed,
            source: None,
        }
    }

    /// The same, with its cause.
    pub fn because(self, source: impl Into<anyhow::Error>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }
}

/// How to exit on an error: the first error of the chain that has an opinion decides.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.exit;
        }
        if let Some(client) = cause.downcast_ref::<ClientError>() {
            return match client {
                ClientError::NoDaemon { .. } => Exit::NoDaemon,
                ClientError::Answered(problem) => match problem.status {
                    400 => Exit::Usage,
                    404 if problem.code == "no-route" => Exit::Failed,
                    404 | 409 | 507 => Exit::Refused,
                    _ => Exit::Failed,
                },
                _ => Exit::Failed,
            };
        }
    }
    Exit::Failed
}

/// The next step, if some error of the chain names one.
fn next_of(error: &anyhow::Error) -> Option<String> {
    error
        .chain()
        .find_map(|cause| {
            cause
                .downcast_ref::<Failure>()
                .map(|failure| failure.next.clone())
                .or_else(|| cause.downcast_ref::<ClientError>().map(ClientError::next))
        })
        .filter(|next| !next.is_empty())
}

/// The chain as people read it.
pub fn describe(error: &anyhow::Error) -> String {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    if let Some(next) = next_of(error) {
        text.push_str(&format!("  next: {next}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::Problem;
    use anyhow::Context;
    use axum::http::StatusCode;

    fn answered(status: StatusCode, code: &str) -> anyhow::Error {
        ClientError::Answered(Problem::new(status, code, "no", "wait")).into()
    }

    #[test]
    fn answers_become_exit_codes() {
        let of = |status, code| exit_of(&answered(status, code));
        assert_eq!(of(StatusCode::CONFLICT, "no-session"), Exit::Refused);
        assert_eq!(of(StatusCode::NOT_FOUND, "not-found"), Exit::Refused);
        assert_eq!(of(StatusCode::NOT_FOUND, "no-route"), Exit::Failed);
        assert_eq!(of(StatusCode::BAD_REQUEST, "invalid"), Exit::Usage);
        assert_eq!(
            of(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
            Exit::Failed
        );
    }

    #[test]
    fn the_chain_is_told_once_from_the_top_with_the_next_step_last() {
        let error = Err::<(), _>(answered(StatusCode::CONFLICT, "camera"))
            .context("could not shoot")
            .unwrap_err();
        assert_eq!(
            describe(&error),
            "error: could not shoot\n  caused by: no\n  next: wait\n"
        );
    }
}
