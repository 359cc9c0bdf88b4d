//! A frame against the session it was shot in: is the equipment still what it was?
//!
//! A [`Baseline`] is what a session's frames usually look like: its reference shot, and medians over *different*
//! students, one frame each, so that no student shot ten times weighs more than another. What it says is the
//! photographer's to put right, never the student's. It holds no state of its own: whoever asks hands in the frames, so
//! after a restart the same frames make the same baseline.
//!
//! Some reasons speak of this very frame: `black-frame`, `sync-band` (both without any baseline), `flash-misfire`, `one-lamp`,
//! `empty-seat`, which reject it, and `camera-moved`, a remark. The others are trends over five students and are only ever
//! remarks: `drift-exposure`, `drift-white-balance`, `drift-focus`, and `camera-moved` by eyes and face. EXIF's flash flag is
//! no evidence of anything: a trigger on the hot shoe sets it whether or not a lamp fired.

mod colour;
pub mod limits;
mod moved;
mod seen;
mod sight;
mod trend;
mod words;

pub(in crate::check) use seen::{blind, seen};
pub use sight::{Plane, sight};

use crate::model::{Reason, Signature};
use limits::{RECENT_STUDENTS, TREND_STUDENTS};

/// A frame that is known to the session.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Whose: the serial in the queue.
    pub serial: u32,
    /// What it looks like.
    pub signature: Signature,
}

/// The first frame of each student, until there are that many.
fn students<'s>(frames: impl Iterator<Item = (u32, &'s Signature)>, enough: usize) -> Vec<Known> {
    let mut students: Vec<Known> = Vec::with_capacity(enough);
    for (serial, signature) in frames {
        if students.len() == enough {
            break;
        }
        if students.iter().all(|k| k.serial != serial) {
            let signature = signature.clone();
            students.push(Known { serial, signature });
        }
    }
    students
}

/// What a session's frames usually look like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Baseline {
    reference: Option<Signature>,
    /// The first students, a frame each: what a drift is told from where no reference shot says it.
    first: Vec<Known>,
    /// The latest students, the last frame of each, oldest first.
    recent: Vec<Known>,
}

impl Baseline {
    /// From the reference shot and the session's sound frames since it, in the order they were shot, each with its serial. Frames
    /// that the equipment spoiled are to be left out by the caller: they would teach the baseline the fault. Only the first
    /// and the last few students are looked at, however long the session.
    pub fn of<'s>(
        reference: Option<Signature>,
        frames: impl DoubleEndedIterator<Item = (u32, &'s Signature)> + Clone,
    ) -> Self {
        let mut recent = students(frames.clone().rev(), RECENT_STUDENTS);
        recent.reverse();
        Baseline {
            reference,
            first: students(frames, TREND_STUDENTS),
            recent,
        }
    }

    /// What the equipment has to do with this frame, worst first. `serial` is whose it is; a frame that is nobody's is held
    /// against no baseline.
    pub fn judge(&self, serial: Option<u32>, frame: &Signature) -> Vec<Reason> {
        if frame.brightest < limits::BLACK {
            return vec![words::black_frame()];
        }
        // What the shutter hid is dark by that, not for want of light.
        if let Some(band) = self.sync_band(frame, serial.is_some()) {
            return vec![band];
        }
        let Some(serial) = serial else {
            return Vec::new();
        };
        // With no flash at all its balance says nothing.
        let lamps = self.flash_misfire(frame).or_else(|| self.one_lamp(frame));
        let mut spoiled: Vec<Reason> = lamps.into_iter().collect();
        spoiled.extend(self.empty_seat(frame));
        if spoiled.is_empty() {
            self.remarks(serial, frame)
        } else {
            spoiled
        }
    }

    fn remarks(&self, serial: u32, frame: &Signature) -> Vec<Reason> {
        let usual = self.usual_cells();
        let by_background = moved::told_by_background(&usual, &frame.cells);
        let mut remarks = self.trends(serial, frame);
        if by_background && !remarks.iter().any(|r| r.id == "camera-moved") {
            remarks.push(words::camera_moved());
        }
        remarks
    }

    /// The median of a number over the known students. The reference shot counts as one more until five are known.
    fn usual(&self, number: impl Fn(&Signature) -> Option<f64>) -> Option<f64> {
        let new = self.recent.len() < TREND_STUDENTS;
        let reference = self.reference.as_ref().filter(|_| new);
        let students = self.recent.iter().map(|k| &k.signature);
        median(students.chain(reference).filter_map(number).collect())
    }

    fn usual_cells(&self) -> Vec<Option<u8>> {
        let known = |n: usize| {
            let cell = self.usual(|s| Some(f64::from((*s.cells.get(n)?)?)))?;
            Some(cell.round() as u8)
        };
        (0..sight::CELLS * sight::CELLS).map(known).collect()
    }

    fn sync_band(&self, frame: &Signature, known: bool) -> Option<Reason> {
        let band = frame.band?;
        // A dark floor that every frame shows is no shutter.
        let usual = self.usual(|s| s.band.map(|b| b.stops)).filter(|_| known);
        let new = usual.is_none_or(|usual| band.stops > usual + limits::BAND_OVER_USUAL_STOPS);
        (band.stops > limits::BAND_STOPS && new).then(|| words::sync_band(band))
    }

    fn flash_misfire(&self, frame: &Signature) -> Option<Reason> {
        let usual = self.usual(|s| s.background)?;
        let under = stops(usual, frame.background?);
        (under > limits::MISFIRE_STOPS).then(|| words::flash_misfire(under))
    }

    fn one_lamp(&self, frame: &Signature) -> Option<Reason> {
        let off = |number: fn(&Signature) -> Option<f64>, limit: f64| {
            let by = number(frame)? - self.usual(number)?;
            (by.abs() > limit).then_some(by)
        };
        let by = off(|s| s.face_left, limits::ONE_LAMP_FACE_STOPS)
            .or_else(|| off(|s| s.background_left, limits::ONE_LAMP_BACKGROUND_STOPS))?;
        Some(words::one_lamp(by))
    }

    fn empty_seat(&self, frame: &Signature) -> Option<Reason> {
        let empty = frame.face_found == Some(false) && frame.person? < limits::EMPTY_SEAT_PERSON;
        let known = self.reference.is_some() || !self.recent.is_empty();
        (empty && known).then(words::empty_seat)
    }
}

/// By how many stops `a` is brighter than `b`.
fn stops(a: f64, b: f64) -> f64 {
    (a.max(limits::FLOOR) / b.max(limits::FLOOR)).log2()
}

/// The middle value, or the mean of the middle two; `None` of none.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|v| v.is_finite());
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => values.get(middle).copied(),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests;
