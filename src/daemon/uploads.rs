//! What people ask of the outbox and its destinations: answered beside the loop, as each waits for a disk or a network.

use super::shell::Shell;
use crate::archive::{ArchiveError, Outbox, Selection};
use crate::model::{Outcome, Refusal, RefusalCode};
use crate::upload;
use crate::web::{Answer, DestinationProbe};
use std::future::Future;

/// Why the outbox did not do as it was told, with the next step.
fn refusal(error: &ArchiveError) -> Refusal {
    let (code, next) = match error {
        ArchiveError::NoDestination { .. } | ArchiveError::NoOutboxItem { .. } => (
            RefusalCode::NotFound,
            "see what there is: shutterline upload status",
        ),
        ArchiveError::Outbox { .. } => (
            RefusalCode::WrongState,
            "see where it stands: shutterline upload status",
        ),
        ArchiveError::NothingNamed => (
            RefusalCode::Invalid,
            "see what there is: shutterline upload status",
        ),
        _ => (RefusalCode::Storage, "look at `shutterline status`"),
    };
    Refusal::new(code, error.to_string(), next)
}

impl Shell {
    /// Puts something to the outbox and answers with what came of it.
    fn ask_outbox<T, F>(
        &self,
        answer: Answer<Outcome>,
        ask: impl FnOnce(Outbox) -> F,
        told: impl FnOnce(T) -> String + Send + 'static,
    ) where
        T: Send + 'static,
        F: Future<Output = Result<T, ArchiveError>> + Send + 'static,
    {
        let asked = ask(self.parts.archive.outbox());
        self.parts.runtime.spawn(async move {
            let result = asked.await.map(|done| Outcome {
                message: told(done),
                ..Outcome::default()
            });
            // A client that went away is no error.
            answer.send(result.map_err(|e| refusal(&e))).ok();
        });
    }

    pub(super) fn retry_uploads(&self, which: Selection, answer: Answer<Outcome>) {
        let ask = |outbox: Outbox| async move { outbox.retry(which).await };
        self.ask_outbox(answer, ask, |n| {
            let items = if n == 1 {
                "1 item waits"
            } else {
                &format!("{n} items wait")
            };
            format!("{items} to be sent again · {n} 项等待重新发送")
        });
    }

    pub(super) fn skip_uploads(&self, which: Selection, answer: Answer<Outcome>) {
        let ask = |outbox: Outbox| async move { outbox.skip(which).await };
        self.ask_outbox(answer, ask, |n| {
            let items = if n == 1 { "1 item is" } else { &format!("{n} items are") };
            format!(
                "{items} not sent until retried by number; the photos stay here · {n} 项不再发送，照片留在本机"
            )
        });
    }

    pub(super) fn pause_uploads(
        &self,
        destination: Option<String>,
        paused: bool,
        answer: Answer<Outcome>,
    ) {
        let ask = move |outbox: Outbox| async move { outbox.set_paused(destination, paused).await };
        self.ask_outbox(answer, ask, move |n| match (n, paused) {
            (0, true) => "paused already · 本来就已暂停".to_owned(),
            (0, false) => "not paused · 本来就没有暂停".to_owned(),
            (1, true) => {
                "1 destination is paused, also after a restart · 1 个目的地已暂停".to_owned()
            }
            (1, false) => "1 destination goes on · 1 个目的地继续发送".to_owned(),
            (n, true) => {
                format!("{n} destinations are paused, also after a restart · {n} 个目的地已暂停")
            }
            (n, false) => format!("{n} destinations go on · {n} 个目的地继续发送"),
        });
    }

    pub(super) fn meter_uploads(&self, metered: bool, answer: Answer<Outcome>) {
        let ask = move |outbox: Outbox| async move { outbox.set_metered(metered).await };
        self.ask_outbox(answer, ask, move |()| match metered {
            true => "the network costs money: only destinations with `on-metered` are sent files · 按流量计费：只发送到允许的目的地".to_owned(),
            false => "the network costs nothing: all destinations are sent files · 不按流量计费：照常发送".to_owned(),
        });
    }

    /// Tries every destination with the daemon's own rights.
    pub(super) fn probe_destinations(&self, answer: Answer<Vec<DestinationProbe>>) {
        let station = self.parts.archive.station().clone();
        let destinations = self.parts.destinations.clone();
        self.parts.runtime.spawn(async move {
            let mut probes = Vec::new();
            for destination in destinations {
                let outcome = upload::probe(&destination, &station).await;
                let (took_ms, error) = match outcome {
                    Ok(took) => (Some(took), None),
                    Err(error) => (None, Some(error.chain())),
                };
                probes.push(DestinationProbe {
                    name: destination.name().to_owned(),
                    took_ms,
                    error,
                });
            }
            answer.send(Ok(probes)).ok();
        });
    }
}
