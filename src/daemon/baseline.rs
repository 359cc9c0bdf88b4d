//! What each judged frame is held against: the session's earlier frames, as the station and the archive have them.
//!
//! Nothing is learned here that could be lost: the baseline is made anew for each frame from the frames that the station
//! knows, in the order they were shot, so that a restart and a correction of owners come out alike.

use crate::archive::{ArchiveError, Reader};
use crate::check::baseline::Baseline;
use crate::model::{Frame, FrameId, FrameOrder, FrameState, Report, SessionId, Signature};
use crate::station::Station;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::thread::JoinHandle;

/// What the log says where the day's frames so far are missing.
const UNREAD: &str = "what the session's frames are held against cannot be read";

/// What the archive has of a session.
type Read = Result<Vec<(FrameId, Signature)>, ArchiveError>;

/// The signatures of the open session's judged frames: some hundred bytes each.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    session: Option<SessionId>,
    /// Earlier runs' are being read. Of ten thousand frames that takes half a second and longer, and a station is ready without them:
    /// the first verdict is the first to want them.
    reading: Option<JoinHandle<Read>>,
    /// In the order they were shot.
    by_frame: BTreeMap<FrameOrder, Signature>,
}

impl Signatures {
    /// Those that the archive holds of the station's open session, or of the reference shot that waits for one. They are read beside
    /// the loop, through a reader of their own: a question of somebody else need not wait for it.
    pub(super) fn read(reader: Result<Reader, ArchiveError>, station: &Station) -> Self {
        let session = station.session();
        let reference = session.map_or(station.waiting_reference(), |s| s.reference.as_ref());
        let (id, also) = (session.map(|s| s.id.clone()), reference.cloned());
        let session = id.clone();
        let read = move || reader?.signatures(id.as_ref(), also.as_ref());
        let thread = std::thread::Builder::new().name("signatures".into());
        let reading = thread.spawn(read);
        if let Err(error) = &reading {
            tracing::error!(%error, "{UNREAD}");
        }
        Self {
            session,
            reading: reading.ok(),
            by_frame: BTreeMap::new(),
        }
    }

    /// Takes in what was read. Without it the day goes on, held against what is shot from now on.
    fn settle(&mut self) {
        let Some(reading) = self.reading.take() else {
            return;
        };
        match reading.join() {
            Ok(Ok(read)) => {
                let read = read.into_iter();
                self.by_frame
                    .extend(read.map(|(frame, signature)| (frame.order(), signature)));
            }
            Ok(Err(error)) => tracing::error!(%error, "{UNREAD}"),
            Err(_) => tracing::error!(error = "its thread ended by itself", "{UNREAD}"),
        }
    }

    /// The report with what the session has to say of the frame, which is known from now on.
    pub(super) fn judge(
        &mut self,
        station: &Station,
        frame: &FrameId,
        mut report: Report,
    ) -> Report {
        self.settle();
        self.follow(station);
        let Some(signature) = report.signature.clone() else {
            return report;
        };
        let owner = station.owner_of(frame);
        let ours = owner.filter(|(session, _)| Some(session) == self.session.as_ref());
        let serial = ours.map(|(_, serial)| serial.0);
        let reasons = self.baseline(station, frame).judge(serial, &signature);
        report.add(reasons);
        self.by_frame.insert(frame.order(), signature);
        report
    }

    /// What the session's frames looked like before this one was shot.
    fn baseline(&self, station: &Station, frame: &FrameId) -> Baseline {
        let reference = station.session().and_then(|s| s.reference.clone());
        let until = frame.order();
        // A frame that was shot before the reference has nothing between the two to be held against.
        let since = reference.as_ref().map(FrameId::order);
        let none = since.as_ref().is_some_and(|since| *since >= until);
        let after = since.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let earlier = (after, Bound::Excluded(until));
        let judged = (!none).then(|| self.by_frame.range(earlier));
        let known = judged
            .into_iter()
            .flatten()
            .filter_map(|((_, id), signature)| {
                let teacher = station.frame(id).filter(|f| teaches(f))?;
                let ours = teacher.session == self.session;
                Some((teacher.serial.filter(|_| ours)?.0, signature))
            });
        let reference = since.and_then(|since| self.by_frame.get(&since).cloned());
        Baseline::of(reference, known)
    }

    /// Another session is open: of the last one nothing is kept but what became this one's reference.
    fn follow(&mut self, station: &Station) {
        let session = station.session();
        let id = session.map(|s| s.id.clone());
        if self.session != id {
            let reference = session.and_then(|s| s.reference.as_ref());
            self.by_frame
                .retain(|(_, frame), _| Some(frame) == reference);
            self.session = id;
        }
    }
}

/// A frame that the equipment spoiled would teach its fault; unless a human said that it is good as it is.
fn teaches(frame: &Frame) -> bool {
    frame.state == FrameState::Kept && (frame.accepted || !frame.failed_by_equipment())
}
