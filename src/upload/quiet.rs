//! Nobody is kept waiting by a transfer: while a frame is on its way to its light, the outbox holds its breath.

use crate::model::{StationState, Status};
use tokio::sync::watch;

/// Knows from the station's status whether a frame is on its way.
#[derive(Debug, Clone)]
pub struct Quiet(watch::Receiver<Status>);

impl Quiet {
    /// Listens to that status.
    pub fn while_shooting(status: watch::Receiver<Status>) -> Self {
        Self(status)
    }

    /// Waits until no frame is on its way. The station's own deadlines end every wait; a station that went away
    /// keeps nobody.
    pub async fn wait(&self) {
        let busy = |s: &Status| matches!(s.state, StationState::Shooting | StationState::Checking);
        let _ = self.0.clone().wait_for(|status| !busy(status)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn transfers_wait_for_the_light_and_for_nothing_else() {
        let station = watch::Sender::new(Status::default());
        let quiet = Quiet::while_shooting(station.subscribe());
        let waits = |state| {
            station.send_modify(|status| status.state = state);
            quiet.wait().now_or_never().is_none()
        };
        assert!(!waits(StationState::Ready));
        assert!(waits(StationState::Shooting));
        assert!(waits(StationState::Checking));
        assert!(!waits(StationState::Rejected));
        assert!(!waits(StationState::Fault));
        assert!(waits(StationState::Shooting));
        drop(station);
        assert!(quiet.wait().now_or_never().is_some());
    }
}
