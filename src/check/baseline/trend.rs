//! What slowly becomes of the equipment over different students: only ever a remark.

use super::limits::{self, TREND_STUDENTS};
use super::{Baseline, Known, colour, median, stops, words};
use crate::model::{Reason, Signature};

/// The latest students, this frame's among them, against how it began.
struct Course<'a> {
    reference: Option<&'a Signature>,
    first: Vec<&'a Signature>,
    /// Five different students, or none.
    last: Vec<&'a Signature>,
    /// The same five, unless one of them is among the first.
    apart: Vec<&'a Signature>,
}

impl Baseline {
    /// Trends with this frame of that serial. Five different students are needed, however often one is shot.
    pub(super) fn trends(&self, serial: u32, frame: &Signature) -> Vec<Reason> {
        let others = self.recent.iter().filter(|k| k.serial != serial);
        let others: Vec<&Known> = others.collect();
        let since = others.len().saturating_sub(TREND_STUDENTS - 1);
        let mut serials: Vec<u32> = others[since..].iter().map(|k| k.serial).collect();
        let mut last: Vec<&Signature> = others[since..].iter().map(|k| &k.signature).collect();
        serials.push(serial);
        last.push(frame);
        if last.len() < TREND_STUDENTS {
            return Vec::new();
        }
        let again = self.first.iter().any(|k| serials.contains(&k.serial));
        let whole = self.first.len() == TREND_STUDENTS;
        let course = Course {
            reference: self.reference.as_ref(),
            first: if whole {
                self.first.iter().map(|k| &k.signature).collect()
            } else {
                Vec::new()
            },
            apart: if again { Vec::new() } else { last.clone() },
            last,
        };
        let found = [
            course.exposure(),
            course.white_balance(),
            course.focus(),
            course.framing(),
        ];
        found.into_iter().flatten().collect()
    }
}

impl Course<'_> {
    /// How it began and how it is: from the reference shot where that can tell, else from the first five students.
    fn of(&self, number: impl Fn(&Signature) -> Option<f64>) -> Option<(f64, f64)> {
        let over = |of: &[&Signature]| {
            let values: Vec<f64> = of.iter().filter_map(|s| number(s)).collect();
            (values.len() >= TREND_STUDENTS)
                .then(|| median(values))
                .flatten()
        };
        match self.reference.and_then(&number) {
            Some(reference) => Some((reference, over(&self.last)?)),
            None => Some((over(&self.first)?, over(&self.apart)?)),
        }
    }

    fn exposure(&self) -> Option<Reason> {
        let (was, is) = self.of(|s| s.background)?;
        let by = stops(is, was);
        (by.abs() > limits::DRIFT_EXPOSURE_STOPS).then(|| words::drift_exposure(by))
    }

    fn white_balance(&self) -> Option<Reason> {
        let part = |n: usize| self.of(move |s| s.background_lab.map(|lab| lab[n]));
        let (l, a, b) = (part(0)?, part(1)?, part(2)?);
        let off = colour::shift([l.0, a.0, b.0], [l.1, a.1, b.1]);
        (off > limits::DRIFT_WHITE_BALANCE_DE).then(|| words::drift_white_balance(off))
    }

    /// By students only: an empty chair has no eyes to be sharp.
    fn focus(&self) -> Option<Reason> {
        let seen = |s: &Signature| s.sharpness.filter(|_| s.face_found != Some(false));
        let students = Course {
            reference: self.reference.filter(|s| s.face_found == Some(true)),
            first: self.first.clone(),
            last: self.last.clone(),
            apart: self.apart.clone(),
        };
        let (was, is) = students.of(seen)?;
        let share = is / was.max(f64::EPSILON);
        (was > 0.0 && share < limits::DRIFT_FOCUS_SHARE).then(|| words::drift_focus(share))
    }

    fn framing(&self) -> Option<Reason> {
        let higher = self
            .of(|s| s.eye_line)
            .is_some_and(|(was, is)| (is - was).abs() > limits::MOVED_EYE_LINE);
        let larger = self.of(|s| s.face_width).is_some_and(|(was, is)| {
            was > 0.0 && is > 0.0 && (is / was).log2().abs() > limits::MOVED_FACE_OCTAVES
        });
        (higher || larger).then(words::camera_moved)
    }
}
