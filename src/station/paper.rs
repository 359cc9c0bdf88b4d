//! Paper numbers: serials issued without a student while the desk is down.

use super::Station;
use crate::model::{EntryState, QueueEntry, Refusal, RefusalCode, Serial};

impl Station {
    /// The entries to be issued so that `serial` can be called: none, or exactly the next one, without a student.
    /// Further away would leave a gap (I6).
    pub(super) fn paper_number(&self, serial: Serial) -> Result<Vec<QueueEntry>, Refusal> {
        if self.queue.get(serial).is_some() {
            return Ok(Vec::new());
        }
        let next = self.queue.next_free();
        if serial != next {
            return Err(Refusal::new(
                RefusalCode::NotFound,
                format!("serial {serial} was not issued"),
                format!("the next paper number is {next}: shutterline queue call {next}"),
            ));
        }
        Ok(vec![QueueEntry {
            serial,
            student: None,
            state: EntryState::Waiting,
            recall_order: 0,
            waived: Vec::new(),
        }])
    }
}
