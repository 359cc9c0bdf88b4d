//! Nobody is kept waiting by a transfer: while a frame is on its way to its light, the outbox holds its breath.

use crate::model::{StationState, Status};
use tokio::sync::watch;

/// When the venue comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hush {
    /// While a frame is on its way to its light.
    #[default]
    Frame,
    /// While a session is open.
    Session,
}

/// Knows from the station's status whether the venue comes first just now.
#[derive(Debug, Clone)]
pub struct Quiet {
    status: watch::Receiver<Status>,
    hush: Hush,
}

impl Quiet {
    /// Listens to that status.
    pub fn new(status: watch::Receiver<Status>, hush: Hush) -> Self {
        Self { status, hush }
    }

    /// Waits for the light and for nothing else.
    pub fn while_shooting(status: watch::Receiver<Status>) -> Self {
        Self::new(status, Hush::Frame)
    }

    fn busy(&self, status: &Status) -> bool {
        let shooting = matches!(
            status.state,
            StationState::Shooting | StationState::Checking
        );
        shooting || (self.hush == Hush::Session && status.session.is_some())
    }

    /// Whether transfers wait at this moment.
    pub(super) fn holds(&self) -> bool {
        self.status.has_changed().is_ok() && self.busy(&self.status.borrow())
    }

    /// Waits until nothing is in the way. The station's own deadlines end every wait for a frame, closing the session that for a
    /// session; a station that went away keeps nobody.
    pub async fn wait(&self) {
        let _ = self.status.clone().wait_for(|s| !self.busy(s)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SessionId;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn transfers_wait_for_the_light_and_for_nothing_else() {
        let station = watch::Sender::new(Status::default());
        let quiet = Quiet::while_shooting(station.subscribe());
        let waits = |state| {
            station.send_modify(|status| status.state = state);
            let waits = quiet.wait().now_or_never().is_none();
            assert_eq!(quiet.holds(), waits);
            waits
        };
        assert!(!waits(StationState::Ready));
        assert!(waits(StationState::Shooting));
        assert!(waits(StationState::Checking));
        assert!(!waits(StationState::Rejected));
        assert!(!waits(StationState::Fault));
        assert!(waits(StationState::Shooting));
        drop(station);
        assert!(quiet.wait().now_or_never().is_some());
        assert!(!quiet.holds());
    }

    #[tokio::test]
    async fn where_the_config_says_so_a_whole_session_is_quiet() {
        let station = watch::Sender::new(Status::default());
        let quiet = Quiet::new(station.subscribe(), Hush::Session);
        assert!(quiet.wait().now_or_never().is_some());
        station.send_modify(|s| s.session = Some(SessionId("k7qa-s1".into())));
        assert!(quiet.wait().now_or_never().is_none());
    }
}
