//! Tickets: what waits for which commit, and how a change gets its event row (I7).

use super::{Action, CommitFailure, ReplyId, Station, Ticket};
use crate::model::{
    Actor, CameraFileKey, Change, EventKind, Fault, FrameId, Outcome, Refusal, RefusalCode, Row,
    Serial, SessionId,
};
use std::collections::BTreeMap;

/// Who asked, and where the answer goes once the change is durable.
#[derive(Debug, Clone, Copy)]
pub(super) struct By {
    pub(super) who: Actor,
    pub(super) reply: Option<ReplyId>,
}

impl By {
    pub(super) fn actor(who: Actor) -> Self {
        Self { who, reply: None }
    }
}

/// What is done when a commit is durable.
#[derive(Debug)]
pub(super) enum After {
    /// A change that nobody waits for.
    Change,
    /// A change that a person waits for.
    Answer { to: ReplyId, outcome: Outcome },
    /// A file of a frame.
    Stored { frame: FrameId, key: CameraFileKey },
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    last: u64,
    open: BTreeMap<Ticket, After>,
}

impl Ledger {
    pub(super) fn open(&mut self, after: After) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        self.open.insert(ticket, after);
        ticket
    }
}

/// An event row being drawn up.
pub(super) struct Entry {
    pub(super) who: Actor,
    pub(super) kind: EventKind,
    pub(super) session: Option<SessionId>,
    pub(super) serial: Option<Serial>,
    pub(super) frame: Option<FrameId>,
    pub(super) detail: serde_json::Value,
    pub(super) rows: Vec<Row>,
}

impl Entry {
    pub(super) fn serial(mut self, serial: impl Into<Option<Serial>>) -> Self {
        self.serial = serial.into();
        self
    }

    pub(super) fn frame(mut self, frame: &FrameId) -> Self {
        self.frame = Some(frame.clone());
        self
    }

    pub(super) fn session(mut self, session: Option<SessionId>) -> Self {
        self.session = session;
        self
    }

    pub(super) fn detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }

    pub(super) fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }

    pub(super) fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.rows.extend(rows);
        self
    }
}

impl Station {
    pub(super) fn session_id(&self) -> Option<SessionId> {
        self.session.as_ref().map(|s| s.id.clone())
    }

    /// A new event row of the open session.
    pub(super) fn event(&self, who: Actor, kind: EventKind) -> Entry {
        Entry {
            who,
            kind,
            session: self.session_id(),
            serial: None,
            frame: None,
            detail: serde_json::Value::Null,
            rows: Vec::new(),
        }
    }

    pub(super) fn change_of(&self, entry: Entry) -> Box<Change> {
        Box::new(Change {
            at: self.now.clone(),
            who: entry.who,
            kind: entry.kind,
            session: entry.session,
            serial: entry.serial,
            frame: entry.frame,
            detail: entry.detail,
            rows: entry.rows,
        })
    }

    pub(super) fn commit(&mut self, entry: Entry) {
        self.commit_then(entry, After::Change);
    }

    /// Commits, and answers whoever asked once it is durable.
    pub(super) fn commit_for(&mut self, by: By, entry: Entry, outcome: Outcome) {
        match by.reply {
            Some(to) => self.commit_then(entry, After::Answer { to, outcome }),
            None => self.commit(entry),
        }
    }

    fn commit_then(&mut self, entry: Entry, after: After) {
        let change = self.change_of(entry);
        let ticket = self.ledger.open(after);
        self.push(Action::Commit { ticket, change });
    }

    pub(super) fn reply(&mut self, to: ReplyId, result: Result<Outcome, Refusal>) {
        self.push(Action::Reply { to, result });
    }

    pub(super) fn committed(&mut self, ticket: Ticket) {
        match self.ledger.open.remove(&ticket) {
            Some(After::Answer { to, outcome }) => self.reply(to, Ok(outcome)),
            Some(After::Stored { frame, key }) => self.stored(&frame, &key),
            Some(After::Change) | None => {}
        }
    }

    /// Whoever waits for a change that the archive has, but cannot write for now, hears so instead of waiting along.
    pub(super) fn answer_early(&mut self, refusal: &Refusal) {
        let mut early = Vec::new();
        for after in self.ledger.open.values_mut() {
            if let After::Answer { to, .. } = after {
                early.push(*to);
                *after = After::Change;
            }
        }
        for to in early {
            self.reply(to, Err(refusal.clone()));
        }
    }

    pub(super) fn commit_failed(&mut self, ticket: Ticket, failure: CommitFailure) {
        let Some(after) = self.ledger.open.remove(&ticket) else {
            return;
        };
        match after {
            After::Stored { frame, key } => self.store_failed(&frame, &key, failure),
            After::Change => self.raise(Fault::StorageFailed),
            After::Answer { to, .. } => {
                self.raise(Fault::StorageFailed);
                let refusal = Refusal::new(
                    RefusalCode::Storage,
                    "nothing was changed: the archive could not write",
                    "look at the station's disk (shutterline status), then ask again",
                );
                self.reply(to, Err(refusal));
            }
        }
    }
}
