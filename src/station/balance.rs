//! Closing a session: it must balance, or be forced, and then the row says what remained.

use super::Station;
use super::ledger::By;
use crate::model::{
    EntryState, EventKind, Outcome, QueueEntry, Refusal, RefusalCode, Row, SessionState,
};
use serde_json::json;

/// More lines than this of one kind are counted instead of listed.
const LISTED: usize = 20;

/// What closing would leave behind.
#[derive(Debug, Default)]
struct Balance {
    accepted: u32,
    held: u32,
    absent: u32,
    unfinished: u32,
    unbound: u32,
    /// What stands in the way.
    remaining: Vec<String>,
    /// What is worth a look.
    remarks: Vec<String>,
}

impl Balance {
    fn counted(&self) -> String {
        format!(
            "{} accepted, {} held, {} absent, {} unfinished, {} unbound",
            self.accepted, self.held, self.absent, self.unfinished, self.unbound
        )
    }

    fn detail(&self) -> serde_json::Value {
        json!({
            "accepted": self.accepted, "held": self.held, "absent": self.absent,
            "unfinished": self.unfinished, "unbound": self.unbound, "remaining": self.remaining,
        })
    }
}

impl Station {
    /// Closes the open session if every serial is accepted, held, absent, unfinished or unbound, nothing is set
    /// aside or on its way, and the card holds nothing that the archive lacks; or by force.
    pub(super) fn session_close(
        &mut self,
        by: By,
        force: bool,
        card_only: Option<u32>,
    ) -> Result<(), Refusal> {
        let mut session = self.open_session()?.clone();
        let balance = self.balance(card_only);
        let balanced = balance.remaining.is_empty();
        if !balanced && !force {
            return Err(Refusal::new(
                RefusalCode::Unbalanced,
                format!(
                    "session {} does not balance: {}",
                    session.id,
                    balance.remaining.join("; ")
                ),
                "settle these, or close with --force",
            ));
        }
        let left = self.current();
        let leaving = self.state_on_leaving(left);
        session.state = SessionState::Closed;
        session.current = None;
        let mut rows = vec![Row::Session(session.clone())];
        if let Some(mut entry) = left.and_then(|s| self.queue.get(s)).cloned() {
            entry.state = leaving;
            rows.push(Row::Entry {
                session: session.id.clone(),
                entry,
            });
        }
        let kind = if balanced {
            EventKind::SessionClosed
        } else {
            EventKind::SessionForced
        };
        let entry = self.event(by.who, kind).rows(rows);
        let entry = entry.detail(balance.detail());
        let message = format!("session {} is closed: {}", session.id, balance.counted());
        let mut remarks = balance.remaining;
        remarks.extend(balance.remarks);
        let outcome = Outcome {
            message,
            session: Some(session.id),
            remarks,
            ..Outcome::default()
        };
        self.commit_for(by, entry, outcome);
        self.leave_session();
        Ok(())
    }

    fn balance(&self, card_only: Option<u32>) -> Balance {
        let mut balance = Balance::default();
        let mut open = Vec::new();
        for entry in self.queue.entries() {
            if let Some(line) = self.weigh(entry, &mut balance) {
                open.push(line);
            }
        }
        list(&mut balance.remaining, open, "more serials are open");
        let aside = self.frames.set_aside().iter();
        let aside = aside.map(|id| format!("frame {id} is set aside")).collect();
        list(&mut balance.remaining, aside, "more frames are set aside");
        match card_only {
            Some(0) => {}
            Some(n) => balance
                .remaining
                .push(format!("on the card and not in the archive: {n}")),
            None => balance
                .remarks
                .push("the card could not be listed: compare it by hand".to_owned()),
        }
        let (live, found) = self.in_flight();
        let flying = live + found + usize::from(self.outstanding.is_some());
        if flying > 0 {
            balance
                .remaining
                .push(format!("frames on their way: {flying}"));
        }
        balance
    }

    /// Counts an entry; a line if it stands in the way.
    fn weigh(&self, entry: &QueueEntry, balance: &mut Balance) -> Option<String> {
        let serial = entry.serial;
        if entry.student.is_none() {
            balance.unbound += 1;
            balance.remarks.push(format!("serial {serial} is unbound"));
            return None;
        }
        match entry.state {
            EntryState::Done => balance.accepted += 1,
            EntryState::Seated if self.frames.has_good(serial) => balance.accepted += 1,
            EntryState::Absent => balance.absent += 1,
            EntryState::Held(_) => {
                balance.held += 1;
                let word = entry.state.as_str();
                balance.remarks.push(format!("serial {serial} is {word}"));
            }
            EntryState::Unfinished => {
                balance.unfinished += 1;
                balance
                    .remarks
                    .push(format!("serial {serial} is unfinished"));
            }
            EntryState::Waiting | EntryState::Recalled | EntryState::Seated => {
                return Some(format!("serial {serial} is {}", entry.state.as_str()));
            }
        }
        None
    }
}

fn list(into: &mut Vec<String>, mut lines: Vec<String>, more: &str) {
    let over = lines.len().saturating_sub(LISTED);
    lines.truncate(LISTED);
    into.extend(lines);
    if over > 0 {
        into.push(format!("{over} {more}"));
    }
}
