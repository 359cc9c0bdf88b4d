//! What a person asks by API or command line. Each command gets exactly one reply: a refusal at once, the rest after its commit.

use super::ledger::By;
use super::{ReplyId, Station};
use crate::model::{
    Actor, Command, EventKind, FrameId, FrameState, Outcome, Purpose, Refusal, RefusalCode, Row,
};

impl Station {
    pub(super) fn command(&mut self, reply: ReplyId, who: Actor, command: Command) {
        let by = By {
            who,
            reply: Some(reply),
        };
        let done = self.can_write().and_then(|()| self.obey(by, command));
        if let Err(refusal) = done {
            self.reply(reply, Err(refusal));
        }
    }

    fn obey(&mut self, by: By, command: Command) -> Result<(), Refusal> {
        match command {
            Command::SessionOpen { name } => self.session_open(by, name),
            Command::SessionClose { force, card_only } => self.session_close(by, force, card_only),
            Command::RosterImport { students, session } => {
                self.roster_import(by, students, session)
            }
            Command::Call { serial } => self.call(by, serial),
            Command::Hold { target, reason } => self.hold(by, target, reason),
            Command::Recall { serial } => self.recall(by, serial),
            Command::MarkAbsent { serial } => self.mark_absent(by, serial),
            Command::Bind {
                serial,
                student,
                dry_run,
            } => self.bind(by, serial, student, dry_run),
            Command::UndoAdvance { dry_run } => self.undo_advance(by, dry_run),
            Command::Shift {
                from,
                to,
                by: far,
                dry_run,
            } => self.shift(by, from, to, far, dry_run),
            Command::Swap { a, b, dry_run } => self.swap(by, a, b, dry_run),
            Command::UndoCorrection { dry_run } => self.undo_correction(by, dry_run),
            Command::Accept { frame } => self.accept(by, &frame),
            Command::Reassign { frame, to, dry_run } => self.reassign(by, &frame, &to, dry_run),
            Command::Split { from, dry_run } => self.split(by, &from, dry_run),
            Command::Discard { frame } => self.discard(by, &frame),
            Command::TestShot { reference } => self.test_shot(by, reference),
            Command::Lower { reason, undo } => self.lower(by, &reason, undo),
            Command::Waive {
                target,
                reason,
                undo,
            } => self.waive(by, target, &reason, undo),
            Command::AdoptSettings { settings } => self.adopt(by, settings),
        }
    }

    /// Fires once for nobody. The reply follows its frame, or the failure to make one.
    fn test_shot(&mut self, by: By, reference: bool) -> Result<(), Refusal> {
        let fired = self.shoot(by, self.now.mono, Purpose::Test);
        fired.map_err(|why| why.refusal())?;
        if let Some(outstanding) = &mut self.outstanding {
            outstanding.reference = reference;
        }
        Ok(())
    }

    /// A set-aside frame belongs to nobody: it stays on disk, and is never delivered.
    fn discard(&mut self, by: By, id: &FrameId) -> Result<(), Refusal> {
        let mut frame = self.known_frame(id)?;
        if frame.state != FrameState::SetAside {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                format!("frame {id} is {}", frame.state.as_str()),
                "only a set-aside frame is discarded",
            ));
        }
        frame.state = FrameState::Discarded;
        let session = frame.session.clone();
        self.put_frame(frame.clone());
        let entry = self.event(by.who, EventKind::FrameDiscarded).frame(id);
        let entry = entry.session(session).row(Row::Frame(Box::new(frame)));
        let outcome = Outcome {
            message: format!("frame {id} is kept on disk and never delivered"),
            ..Outcome::default()
        };
        self.commit_for(by, entry, outcome);
        Ok(())
    }
}
