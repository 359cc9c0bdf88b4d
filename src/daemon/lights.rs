//! Which press a light answers, and what the log's lines are about.

use crate::model::{FrameId, RequestId, Serial, SessionId, Tune};
use std::collections::HashMap;
use tracing::Span;
use tracing::span::EnteredSpan;

/// Presses of the pedal on their way to their light, by request, then by frame. Times are µs of the boot-time clock.
#[derive(Debug, Default)]
pub(super) struct Lights {
    requests: HashMap<RequestId, u64>,
    frames: HashMap<FrameId, u64>,
    /// The frame whose verdict is being given.
    judged: Option<FrameId>,
}

/// More presses than can be on their way at once: what is older will never be lit.
const MOST: usize = 256;

impl Lights {
    pub(super) fn pressed(&mut self, request: RequestId, edge_us: u64) {
        forget_if_many(&mut self.requests);
        self.requests.insert(request, edge_us);
    }

    pub(super) fn not_fired(&mut self, request: RequestId) {
        self.requests.remove(&request);
    }

    /// The request's file is being stored.
    pub(super) fn stores(&mut self, request: Option<RequestId>, frame: &FrameId) {
        if let Some(edge_us) = request.and_then(|r| self.requests.remove(&r)) {
            forget_if_many(&mut self.frames);
            self.frames.insert(frame.clone(), edge_us);
        }
    }

    /// The station gives a verdict: what it shows next within the same decision is about this frame.
    pub(super) fn judges(&mut self, frame: Option<&FrameId>) {
        self.judged = frame.cloned();
    }

    /// That decision is done.
    pub(super) fn over(&mut self) {
        self.judged = None;
    }

    /// The edge that a verdict's tune answers, once.
    pub(super) fn shows(&mut self, tune: Tune) -> Option<u64> {
        match tune {
            Tune::Pass | Tune::Warn | Tune::Reject | Tune::Equipment => {
                self.frames.remove(self.judged.as_ref()?)
            }
            _ => None,
        }
    }
}

fn forget_if_many<K, V>(map: &mut HashMap<K, V>) {
    if map.len() >= MOST {
        map.clear();
    }
}

/// The session and the serial in the chair, as a span around all that the loop does.
#[derive(Debug)]
pub(super) struct Place {
    session: Option<SessionId>,
    serial: Option<Serial>,
    span: Span,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            session: None,
            serial: None,
            span: Span::none(),
        }
    }
}

impl Place {
    /// From now on.
    pub(super) fn follow(&mut self, session: Option<&SessionId>, serial: Option<Serial>) {
        if self.session.as_ref() == session && self.serial == serial {
            return;
        }
        self.session = session.cloned();
        self.serial = serial;
        // Of the highest level, or a log of errors alone would lack it.
        self.span = tracing::error_span!(
            "chair",
            session = session.map(SessionId::as_str),
            serial = serial.map(|s| s.0),
        );
    }

    /// Until the guard is dropped.
    pub(super) fn enter(&self) -> EnteredSpan {
        self.span.clone().entered()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_is_measured_from_the_press_of_its_own_frame() {
        let mut lights = Lights::default();
        let (first, second) = (FrameId("k7qa-000001".into()), FrameId("k7qa-000002".into()));
        lights.pressed(RequestId(1), 1_000);
        lights.stores(Some(RequestId(1)), &first);
        // The next student is shot before the first light has come.
        lights.pressed(RequestId(2), 5_000);
        lights.stores(Some(RequestId(2)), &second);
        assert_eq!(lights.shows(Tune::Pass), None, "no verdict is given");
        lights.judges(Some(&first));
        assert_eq!(lights.shows(Tune::Alarm), None, "an alarm is no light");
        assert_eq!(lights.shows(Tune::Pass), Some(1_000));
        assert_eq!(lights.shows(Tune::Pass), None, "once");
        lights.over();
        assert_eq!(
            lights.shows(Tune::Pass),
            None,
            "a late light is nobody's press"
        );
    }

    #[test]
    fn the_cameras_own_button_is_no_press() {
        let mut lights = Lights::default();
        let frame = FrameId("k7qa-000001".into());
        lights.stores(None, &frame);
        lights.judges(Some(&frame));
        assert_eq!(lights.shows(Tune::Pass), None);
    }
}
