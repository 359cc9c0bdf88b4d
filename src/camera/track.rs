//! Which orders the child still owes an answer, and when each file was first seen: what must outlive a child.

use super::{Notice, Order};
use crate::model::{CameraFile, CameraFileKey, Millis};
use std::collections::HashMap;
use std::path::PathBuf;

/// Unanswered orders a child is given at once. At some 500 bytes each they fit the pipe four times over, so the daemon
/// never waits for a child that does not read.
pub const IN_FLIGHT: usize = 16;

/// Files remembered between their first notice and their download: more than a full card of them.
const SEEN_KEPT: usize = 20_000;

/// A file not asked for within this time does not hold up a planned restart any more.
const UNFETCHED: Millis = Millis(30_000);

/// A file within one opening.
type Place = (String, String, String);

fn place(key: &CameraFileKey) -> Place {
    (key.opening.clone(), key.folder.clone(), key.name.clone())
}

#[derive(Debug, Clone, Copy)]
struct Sight {
    quiet_since: Millis,
    seen_at: Millis,
}

/// What a child owed when it died.
#[derive(Default)]
pub struct Loss {
    /// Told instead of its answers.
    pub answers: Vec<Notice>,
    /// Orders that the next child can take over.
    pub again: Vec<Order>,
    /// Where it may have begun a download.
    pub begun: Vec<PathBuf>,
}

/// The supervisor's books.
#[derive(Default)]
pub struct Track {
    in_flight: Vec<Order>,
    seen: HashMap<Place, Sight>,
}

impl Track {
    /// Whether another order may be sent.
    pub fn has_room(&self) -> bool {
        self.in_flight.len() < IN_FLIGHT
    }

    /// Whether no answer is owed and no file waits to be fetched: the child may be replaced between students.
    pub fn at_rest(&self, now: Millis) -> bool {
        self.in_flight.is_empty()
            && self
                .seen
                .values()
                .all(|sight| now.since(sight.seen_at) > UNFETCHED)
    }

    /// An order went out.
    pub fn sent(&mut self, order: &Order) {
        if !matches!(order, Order::Trigger { .. } | Order::Knob(_)) {
            self.in_flight.push(order.clone());
        }
    }

    /// A notice came: closes its order, and completes a download with when its file was first seen.
    pub fn heard(&mut self, notice: &mut Notice) {
        if let Notice::FileSeen {
            key,
            quiet_since,
            seen_at,
        } = notice
        {
            if self.seen.len() >= SEEN_KEPT {
                self.seen.clear();
            }
            let sight = Sight {
                quiet_since: *quiet_since,
                seen_at: *seen_at,
            };
            self.seen.insert(place(key), sight);
        }
        if let Notice::Downloaded { file, .. } = notice {
            self.complete(file);
        }
        if let Some(at) = self.in_flight.iter().position(|o| answers(notice, o)) {
            self.in_flight.remove(at);
        }
    }

    fn complete(&mut self, file: &mut CameraFile) {
        // A file only known from a listing may have been taken at any time.
        file.quiet_since = Millis(0);
        if let Some(sight) = self.seen.remove(&place(&file.key)) {
            file.quiet_since = sight.quiet_since;
            file.seen_at = sight.seen_at;
        }
    }

    /// The child is gone: what it owed.
    pub fn lost(&mut self, why: &str) -> Loss {
        let mut loss = Loss::default();
        for order in self.in_flight.drain(..) {
            if let Order::Download { to, .. } = &order {
                loss.begun.push(to.clone());
            }
            match failed(&order, why) {
                Some(answer) => loss.answers.push(answer),
                None => loss.again.push(order),
            }
        }
        loss
    }
}

/// The answer to an order that will not be carried out; `None` for those that can simply be asked again.
fn failed(order: &Order, why: &str) -> Option<Notice> {
    match order {
        Order::Download { frame, key, .. } => Some(Notice::DownloadFailed {
            frame: frame.clone(),
            key: key.clone(),
            gone: false,
            message: why.to_owned(),
        }),
        Order::Delete { key } => Some(Notice::Deleted {
            key: key.clone(),
            error: Some(why.to_owned()),
        }),
        Order::List => Some(Notice::ListFailed {
            message: why.to_owned(),
        }),
        Order::Trigger { .. }
        | Order::ReadSettings
        | Order::ApplyProfile { .. }
        | Order::Probe
        | Order::Knob(_) => None,
    }
}

fn answers(notice: &Notice, order: &Order) -> bool {
    match (notice, order) {
        (
            Notice::Downloaded { frame, .. } | Notice::DownloadFailed { frame, .. },
            Order::Download { frame: asked, .. },
        ) => frame == asked,
        (Notice::Deleted { key, .. }, Order::Delete { key: asked }) => key == asked,
        (Notice::Listed { .. } | Notice::ListFailed { .. }, Order::List)
        | (Notice::Settings { .. }, Order::ReadSettings)
        | (Notice::ProfileApplied { .. }, Order::ApplyProfile { .. })
        | (Notice::Info { .. }, Order::Probe) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bytes, FrameId, Sha256};

    fn key(name: &str) -> CameraFileKey {
        CameraFileKey {
            camera: "c".into(),
            opening: "b-1".into(),
            folder: "/DCIM".into(),
            name: name.into(),
            size_bytes: Bytes(1),
            modified_s: 0,
        }
    }

    fn download(name: &str) -> Order {
        Order::Download {
            frame: FrameId(name.into()),
            key: key(name),
            to: "/tmp/x".into(),
        }
    }

    #[test]
    fn no_order_is_lost_with_a_child() {
        let mut track = Track::default();
        for order in [
            download("a"),
            Order::Delete { key: key("b") },
            Order::List,
            Order::ReadSettings,
            Order::Probe,
        ] {
            track.sent(&order);
        }
        track.heard(&mut Notice::DownloadFailed {
            frame: FrameId("a".into()),
            key: key("a"),
            gone: false,
            message: String::new(),
        });
        let loss = track.lost("killed");
        assert!(matches!(
            loss.answers.as_slice(),
            [
                Notice::Deleted { error: Some(_), .. },
                Notice::ListFailed { .. }
            ]
        ));
        assert_eq!(loss.again, [Order::ReadSettings, Order::Probe]);
        assert!(track.at_rest(Millis(0)));
    }

    #[test]
    fn a_download_knows_when_its_file_was_seen_even_by_an_earlier_child() {
        let mut track = Track::default();
        track.heard(&mut Notice::FileSeen {
            key: key("a"),
            quiet_since: Millis(10),
            seen_at: Millis(20),
        });
        assert!(!track.at_rest(Millis(25)), "a file waits to be fetched");
        track.lost("killed");
        let file = CameraFile {
            key: key("a"),
            received_bytes: Bytes(1),
            sha256: Sha256(String::new()),
            exif_taken: None,
            exif: crate::model::ExifSettings::default(),
            quiet_since: Millis(0),
            seen_at: Millis(99),
        };
        let mut notice = Notice::Downloaded {
            frame: FrameId("a".into()),
            file: Box::new(file),
            path: "/tmp/x".into(),
        };
        track.heard(&mut notice);
        let Notice::Downloaded { file, .. } = notice else {
            unreachable!()
        };
        assert_eq!((file.quiet_since, file.seen_at), (Millis(10), Millis(20)));
    }
}
