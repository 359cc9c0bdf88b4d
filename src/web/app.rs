//! What every route holds: the daemon's handle, and whether the daemon is stopping.

use super::{Answer, Ask, Handle, Problem};
use crate::archive::Reader;
use crate::model::{Actor, Command, Outcome};
use axum::Json;
use axum::http::StatusCode;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// Longest wait for the daemon's answer. A preflight with its reference shot takes up to a minute, a shift of a whole
/// session moves and retags some hundreds of files.
const ANSWER_DEADLINE: Duration = Duration::from_secs(180);

/// State of the router.
#[derive(Clone)]
pub(super) struct App {
    /// The way to the daemon.
    pub(super) handle: Handle,
    /// `true` once the daemon is on its way out.
    pub(super) stopping: watch::Receiver<bool>,
}

/// What a command's route answers.
pub(super) type Done = Result<Json<Outcome>, Problem>;

impl App {
    /// Puts a question to the daemon and waits for its answer.
    pub(super) async fn ask<T>(&self, make: impl FnOnce(Answer<T>) -> Ask) -> Result<T, Problem> {
        self.not_stopping()?;
        let (answer, answered) = oneshot::channel();
        let asks = self.handle.asks.clone();
        let question = make(answer);
        let conversation = async move {
            asks.send(question).await.map_err(|_| Problem::stopping())?;
            answered.await.map_err(|_| Problem::stopping())
        };
        let mut stopping = self.stopping.clone();
        tokio::select! {
            biased;
            result = tokio::time::timeout(ANSWER_DEADLINE, conversation) => match result {
                Ok(answer) => Ok(answer??),
                Err(_) => Err(Problem::new(
                    StatusCode::GATEWAY_TIMEOUT,
                    "no-answer",
                    format!("the daemon did not answer within {} s", ANSWER_DEADLINE.as_secs()),
                    "see what it does: shutterline status; journalctl -u shutterline",
                )),
            },
            _ = stopping.wait_for(|stopping| *stopping) => Err(Problem::stopping()),
        }
    }

    /// Puts a command to the station. Over this socket it is the technician who asks.
    pub(super) async fn command(&self, command: Command) -> Done {
        let who = Actor::Technician;
        self.ask(|answer| Ask::Command {
            who,
            command,
            answer,
        })
        .await
        .map(Json)
    }

    /// Reads the archive, on a thread where SQLite may block.
    pub(super) async fn read<T, E>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: std::error::Error + Send + 'static,
    {
        self.not_stopping()?;
        let reader = self.handle.reader.clone();
        match tokio::task::spawn_blocking(move || read(&reader)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(e)) => Err(Problem::archive(&e)),
            Err(_) => Err(Problem::stopping()),
        }
    }

    /// Refuses new work while the daemon is stopping.
    pub(super) fn not_stopping(&self) -> Result<(), Problem> {
        if *self.stopping.borrow() {
            Err(Problem::stopping())
        } else {
            Ok(())
        }
    }
}
