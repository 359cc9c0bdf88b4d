//! The daemon's own threads: the station's loop, the one that carries questions, and housekeeping.

use super::inbox::{Inbox, Message};
use super::shell::{End, Parts, Shell};
use super::start::{StartError, notify};
use crate::clock;
use crate::model::{Bytes, OutboxCounts};
use crate::station::Action;
use crate::web::Ask;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How often free space, the clock's trust and the outbox are looked at.
const HOUSEKEEPING: Duration = Duration::from_millis(500);

/// The thread that owns the station.
pub(super) fn start_loop(
    parts: Parts,
    messages: Receiver<Message>,
    inbox: Inbox,
    first: Vec<Action>,
) -> Result<oneshot::Receiver<(Parts, End)>, StartError> {
    let (ending, ended) = oneshot::channel();
    std::thread::Builder::new()
        .name("station".into())
        .spawn(move || {
            let end = Shell::new(parts, messages, inbox).run(first);
            ending.send(end).ok();
        })
        .map_err(|source| StartError::Thread {
            what: "the station loop",
            source,
        })?;
    Ok(ended)
}

/// Tells systemd that the loop goes round, each time that it hears so: a system that is too busy to listen must not hold up the loop.
pub(super) fn start_watchdog() -> Result<SyncSender<()>, StartError> {
    let (feed, fed) = sync_channel(1);
    std::thread::Builder::new()
        .name("watchdog".into())
        .spawn(move || {
            for () in fed {
                notify(&[sd_notify::NotifyState::Watchdog]);
            }
        })
        .map_err(|source| StartError::Thread {
            what: "the watchdog",
            source,
        })?;
    Ok(feed)
}

/// Questions cross from the async side on a thread of their own, so that a full inbox holds up nobody else.
pub(super) fn forward_asks(
    mut questions: mpsc::Receiver<Ask>,
    inbox: &Inbox,
) -> Result<(), StartError> {
    let inbox = inbox.clone();
    std::thread::Builder::new()
        .name("asks".into())
        .spawn(move || {
            while let Some(ask) = questions.blocking_recv() {
                if inbox.send(Message::Ask(ask)).is_err() {
                    return;
                }
            }
        })
        .map(drop)
        .map_err(|source| StartError::Thread {
            what: "questions",
            source,
        })
}

/// Looks at the disk, the clock and the outbox, and removes what is left over, beside the loop: each may block on a
/// dying disk.
pub(super) fn start_housekeeping(
    data: &Path,
    incoming: Option<PathBuf>,
    counted: watch::Receiver<OutboxCounts>,
    leftovers: Receiver<PathBuf>,
    inbox: &Inbox,
) -> Result<(), StartError> {
    let (data, inbox) = (data.to_owned(), inbox.clone());
    std::thread::Builder::new()
        .name("housekeeping".into())
        .spawn(move || {
            loop {
                let look = Message::Housekeeping {
                    free: free_space(&data),
                    landing: incoming.as_deref().and_then(|i| landing(&data, i)),
                    clock_trusted: clock::wall_clock_trusted(),
                    outbox: *counted.borrow(),
                };
                if inbox.send(look).is_err() {
                    return;
                }
                match leftovers.recv_timeout(HOUSEKEEPING) {
                    Ok(leftover) => remove(&leftover),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })
        .map(drop)
        .map_err(|source| StartError::Thread {
            what: "housekeeping",
            source,
        })
}

fn remove(leftover: &Path) {
    if let Err(error) = std::fs::remove_file(leftover) {
        tracing::warn!(path = %leftover.display(), %error, "a download stays behind");
    }
}

/// Free bytes where downloads land; `None` if that is the data folder's own file system, which is looked at anyway.
fn landing(data: &Path, incoming: &Path) -> Option<Bytes> {
    let device = |path: &Path| path.metadata().map(|m| m.dev());
    match (device(data), device(incoming)) {
        (Ok(data), Ok(incoming)) if data == incoming => None,
        _ => Some(free_space(incoming)),
    }
}

/// Free bytes on a path's file system; 0 when it cannot be asked, which stops the shutter.
fn free_space(path: &Path) -> Bytes {
    match rustix::fs::statvfs(path) {
        Ok(fs) => Bytes(fs.f_bavail.saturating_mul(fs.f_frsize)),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "free space cannot be read");
            Bytes(0)
        }
    }
}
