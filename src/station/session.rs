//! Opening a session, filling it with a roster, adopting camera settings.

use super::Station;
use super::chair::Sitting;
use super::ledger::By;
use super::queue::Queue;
use crate::model::{
    EntryState, EventKind, Outcome, QueueEntry, Refusal, RefusalCode, Row, Serial, Session,
    SessionId, SessionState, Student, WallMs,
};
use serde_json::json;

impl Station {
    /// Opens a session and issues 1…n to the waiting roster, in one commit (I6).
    pub(super) fn session_open(&mut self, by: By, name: Option<String>) -> Result<(), Refusal> {
        if let Some(open) = &self.session {
            return Err(Refusal::new(
                RefusalCode::SessionOpen,
                format!("session {} ({}) is open", open.id, open.name),
                "close it first: shutterline session close",
            ));
        }
        let id = SessionId::new(&self.station, self.next_session);
        self.next_session += 1;
        let roster = std::mem::take(&mut self.pending_roster);
        let entries = entries_of(&roster, Serial(1));
        let name = name.filter(|n| !n.trim().is_empty());
        self.session = Some(Session {
            id: id.clone(),
            name: name.unwrap_or_else(|| date(self.now.wall)),
            state: SessionState::Open,
            current: None,
            opened_at: self.now.wall,
            reference: self.waiting_reference.take(),
        });
        self.queue = Queue::new(entries.clone());
        self.frames.begin(Some(id.clone()));
        self.corrections.clear();
        self.alarms.clear();
        self.trail.clear();
        self.lowered.clear();
        self.often.clear();
        let count = entries.len();
        let mut rows: Vec<Row> = Vec::new();
        let seated = self.seat_first();
        rows.extend(seated);
        rows.extend(self.queue.entries().iter().map(|entry| Row::Entry {
            session: id.clone(),
            entry: entry.clone(),
        }));
        rows.push(Row::PendingRoster(Vec::new()));
        let entry = self.event(by.who, EventKind::SessionOpened);
        let entry = entry.detail(json!({"serials": count})).rows(rows);
        let outcome = Outcome {
            message: format!("session {id} is open with {count} serials"),
            session: Some(id),
            ..Outcome::default()
        };
        self.commit_for(by, entry, outcome);
        Ok(())
    }

    /// The chair is never empty while somebody waits. The session's row as it reads then.
    fn seat_first(&mut self) -> Option<Row> {
        let first = match self.current() {
            Some(seated) => Some(seated),
            None => {
                let next = self.queue.next_in_line();
                if let Some(mut entry) = next.and_then(|s| self.queue.get(s)).cloned() {
                    entry.state = EntryState::Seated;
                    entry.recall_order = 0;
                    self.set_entry(entry);
                }
                next
            }
        };
        self.take_seat(first)
    }

    /// Fills the open session, or waits for the next one.
    pub(super) fn roster_import(
        &mut self,
        by: By,
        students: Vec<Student>,
        session: Option<SessionId>,
    ) -> Result<(), Refusal> {
        if session.is_some() && session != self.session_id() {
            let wanted = session.map(|s| s.0).unwrap_or_default();
            return Err(Refusal::new(
                RefusalCode::NotFound,
                format!("session {wanted} is not the open one"),
                "open it, or leave --session away",
            ));
        }
        let mut numbers = std::collections::HashSet::new();
        if let Some(twice) = students.iter().find(|s| !numbers.insert(&s.number)) {
            return Err(Refusal::new(
                RefusalCode::Invalid,
                format!("student number {} stands in the roster twice", twice.number),
                "remove one of the lines and import again",
            ));
        }
        match self.session_id() {
            Some(id) => self.fill(by, students, id),
            None => {
                let outcome = Outcome {
                    message: format!("{} students wait for the next session", students.len()),
                    ..Outcome::default()
                };
                self.pending_roster = students.clone();
                let entry = self
                    .event(by.who, EventKind::RosterImported)
                    .detail(json!({"students": students.len()}))
                    .row(Row::PendingRoster(students));
                self.commit_for(by, entry, outcome);
            }
        }
        Ok(())
    }

    fn fill(&mut self, by: By, students: Vec<Student>, id: SessionId) {
        let mut new = Vec::new();
        let mut changed = Vec::new();
        for student in students {
            match self.queue.serial_of(&student.number) {
                None => new.push(student),
                Some(serial) => {
                    let entry = self.queue.get(serial).cloned();
                    let renamed = |e: &QueueEntry| e.student.as_ref() != Some(&student);
                    if let Some(mut entry) = entry.filter(renamed) {
                        entry.student = Some(student);
                        self.queue.set(entry);
                        changed.push(serial);
                    }
                }
            }
        }
        let added = entries_of(&new, self.queue.next_free());
        for entry in added {
            changed.push(entry.serial);
            self.queue.set(entry);
        }
        let empty = self.current().is_none();
        let seat = if empty { self.seat_first() } else { None };
        changed.extend(self.current().filter(|_| empty));
        changed.sort();
        changed.dedup();
        let entries = changed.iter().filter_map(|s| self.queue.get(*s));
        let mut rows: Vec<Row> = entries
            .map(|entry| Row::Entry {
                session: id.clone(),
                entry: entry.clone(),
            })
            .collect();
        rows.extend(seat);
        let outcome = Outcome {
            message: format!(
                "{} new serials, {} in all",
                new.len(),
                self.queue.entries().len()
            ),
            session: Some(id),
            ..Outcome::default()
        };
        let entry = self.event(by.who, EventKind::RosterImported);
        let entry = entry.detail(json!({"students": new.len()})).rows(rows);
        self.commit_for(by, entry, outcome);
    }

    /// The camera's present settings are the session's profile from now on; the daemon applies them.
    pub(super) fn adopt(&mut self, by: By, settings: Vec<(String, String)>) -> Result<(), Refusal> {
        let session = self.open_session()?.id.clone();
        let outcome = Outcome {
            message: format!(
                "{} settings are the profile of {session} now",
                settings.len()
            ),
            session: Some(session.clone()),
            ..Outcome::default()
        };
        let entry = self
            .event(by.who, EventKind::ProfileAdopted)
            .row(Row::AdoptedSettings { session, settings });
        self.commit_for(by, entry, outcome);
        Ok(())
    }

    /// Forgets the session that was closed.
    pub(super) fn leave_session(&mut self) {
        self.session = None;
        self.queue = Queue::default();
        self.frames.begin(None);
        self.corrections.clear();
        self.alarms.clear();
        self.trail.clear();
        self.lowered.clear();
        self.often.clear();
        self.sitting = Sitting::default();
        self.confirm_next = None;
        self.digits.clear();
        self.note_seat();
    }
}

fn entries_of(students: &[Student], first: Serial) -> Vec<QueueEntry> {
    let numbered = (first.0..).zip(students);
    numbered
        .map(|(serial, student)| QueueEntry {
            serial: Serial(serial),
            student: Some(student.clone()),
            state: EntryState::Waiting,
            recall_order: 0,
            waived: Vec::new(),
        })
        .collect()
}

/// `2026-06-01`, by UTC: the station knows no time zone, and a name is only a name.
fn date(wall: WallMs) -> String {
    // Days to a civil date, counted in eras of 400 years that begin in March.
    let days = wall.0.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil() {
        assert_eq!(date(WallMs(0)), "1970-01-01");
        assert_eq!(date(WallMs(951_782_400_000)), "2000-02-29");
        assert_eq!(date(WallMs(1_767_225_599_999)), "2025-12-31");
    }
}
