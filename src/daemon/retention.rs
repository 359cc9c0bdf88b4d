//! Clears delivered photos while nobody is shot: at the start, and each hour.

use crate::archive::{ArchiveError, Clearing, Retention};
use crate::model::{StationState, Status};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Photos are kept for days: an hour more is nothing, and looking at every row each minute would be much.
const EVERY: Duration = Duration::from_secs(3600);

/// Nobody waits for the disk.
fn idle(status: &Status) -> bool {
    matches!(
        status.state,
        StationState::NoSession | StationState::QueueDone
    )
}

/// Clears by these rules until it is aborted or the archive is gone. Must be called inside a tokio runtime.
pub(super) fn start(
    clearing: Clearing,
    rules: Retention,
    mut status: watch::Receiver<Status>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        while rules.keep.is_some() && status.wait_for(idle).await.is_ok() {
            let (clearing, status) = (clearing.clone(), status.clone());
            let run = move || clearing.run(rules, || idle(&status.borrow()));
            match tokio::task::spawn_blocking(run).await {
                Ok(Ok(cleared)) if cleared.files > 0 => {
                    tracing::info!(
                        files = cleared.files,
                        bytes = cleared.bytes.0,
                        "delivered photos cleared"
                    );
                }
                Ok(Ok(_)) => {}
                Ok(Err(ArchiveError::Gone)) | Err(_) => return,
                Ok(Err(error)) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::warn!(
                        error,
                        "delivered photos are not cleared; tried again in an hour"
                    );
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    })
}
