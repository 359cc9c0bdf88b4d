//! The daemon's handle to the camera.

use super::process::Pipe;
use super::supervisor::{Message, Supervisor};
use super::wire::ToChild;
use super::{CameraError, Notice, Options, Order};
use crate::clock;
use crate::model::{Millis, RequestId};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Orders that may wait: downloads and deletions for each file of a full card, as a recovery asks for.
const WAITING: usize = 20_000;

/// Messages between the threads of this room: beats and notices of some seconds, should the daemon be slow to listen.
const INBOX: usize = 1024;

/// What caller and supervisor share. Held for a queue operation and at most one write that cannot block.
#[derive(Default)]
pub struct Wire {
    /// The pipe of the present child.
    pub pipe: Option<Pipe>,
    /// The camera is open: a trigger may go out.
    pub open: bool,
    /// Sent, neither fired nor refused yet.
    pub trigger: Option<RequestId>,
    /// Waiting for the supervisor.
    pub queue: VecDeque<Order>,
}

/// [`Wire`] behind its lock.
#[derive(Default)]
pub struct Shared {
    wire: Mutex<Wire>,
    /// When the supervisor last went round, boot-time clock.
    turned: AtomicU64,
}

impl Shared {
    /// The lock; a panic elsewhere leaves nothing half done here.
    pub fn lock(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// The supervisor goes round.
    pub fn turned(&self) {
        self.turned.store(clock::boot_time().0, Ordering::Relaxed);
    }
}

/// The camera, behind its process. Dropping it ends the process.
pub struct CameraLink {
    shared: Arc<Shared>,
    inbox: SyncSender<Message>,
    supervisor: Option<JoinHandle<()>>,
}

impl CameraLink {
    /// Starts the camera's threads and its process; whatever becomes of the camera is told to `sink`, which is called
    /// from the thread `camera` and must not block for long.
    pub fn start(options: Options, sink: Box<dyn Fn(Notice) + Send>) -> Result<Self, CameraError> {
        let shared = Arc::new(Shared::default());
        let (inbox, messages) = sync_channel(INBOX);
        let supervisor =
            Supervisor::new(options, sink, Arc::clone(&shared), inbox.clone(), messages);
        let supervisor = std::thread::Builder::new()
            .name("camera".to_owned())
            .spawn(move || supervisor.run())
            .map_err(CameraError::Thread)?;
        Ok(Self {
            shared,
            inbox,
            supervisor: Some(supervisor),
        })
    }

    /// Gives an order; never blocks. A trigger goes straight into the child's pipe from this thread (I8). One that
    /// comes while no camera is open is refused with [`Notice::ShotFailed`], never kept for later.
    pub fn send(&self, order: Order) -> Result<(), CameraError> {
        let mut wire = self.shared.lock();
        if let (Order::Trigger { request, .. }, true) = (&order, wire.open) {
            let message = ToChild::Order {
                order: order.clone(),
                sent_us: clock::boot_time_us(),
            };
            wire.trigger = Some(*request);
            if let Some(pipe) = wire.pipe.as_mut() {
                // A broken pipe is the death of the child, which the reading thread sees too: the loss answers.
                if let Err(error) = pipe.send(&message) {
                    tracing::warn!(%error, "failed to send a trigger");
                }
                return Ok(());
            }
        }
        if wire.queue.len() >= WAITING {
            return Err(CameraError::Full {
                waiting: wire.queue.len(),
            });
        }
        if matches!(order, Order::Trigger { .. } | Order::Knob(_)) {
            // Answered at once, not behind downloads that wait for a camera.
            wire.queue.push_front(order);
        } else {
            wire.queue.push_back(order);
        }
        drop(wire);
        match self.inbox.try_send(Message::Wake) {
            // Full means that the supervisor is awake.
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(CameraError::Stopped),
        }
    }

    /// When the thread `camera` last went round: what a watchdog may feed on.
    pub fn last_turn(&self) -> Millis {
        Millis(self.shared.turned.load(Ordering::Relaxed))
    }

    /// Closes the camera and ends its process; waits for both, but not for a camera that hangs.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(supervisor) = self.supervisor.take() {
            // An error means that it ended before.
            let _ = self.inbox.send(Message::Stop);
            if supervisor.join().is_err() {
                tracing::error!("the camera thread panicked");
            }
        }
    }
}

impl Drop for CameraLink {
    fn drop(&mut self) {
        self.end();
    }
}
