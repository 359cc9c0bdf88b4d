//! What the archive is asked to do, strictly in order, and how it answers.

use crate::model::{CameraFile, Change, Frame};
use std::path::PathBuf;

/// Names a job; comes back with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// One durable step.
#[derive(Debug)]
pub enum Job {
    /// Rows and an event row, in one commit; frames whose owner changed are moved and retagged by the journal first.
    Commit {
        /// Comes back.
        id: JobId,
        /// What.
        change: Box<Change>,
    },
    /// A downloaded file becomes a file of a frame.
    Store {
        /// Comes back.
        id: JobId,
        /// The frame as it shall read.
        frame: Box<Frame>,
        /// What arrived, with the hash taken while receiving.
        file: Box<CameraFile>,
        /// Where it lies; removed after the commit.
        incoming: PathBuf,
        /// The event row, and rows beside the frame's.
        change: Box<Change>,
    },
}

/// Why a job failed; nothing of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobFailure {
    /// No space left for a photo.
    Full,
    /// A write or fsync failed, or the stored bytes do not read back.
    Broken,
}

/// The archive's answers, sent from its own thread.
#[derive(Debug)]
pub enum Done {
    /// Durable.
    Committed(JobId),
    /// Not stored.
    Failed {
        /// Which.
        id: JobId,
        /// How.
        failure: JobFailure,
        /// In words, with the path.
        message: String,
    },
    /// The job at the head waits, and all others behind it; `None`: it goes on.
    Waits(Option<Waits>),
}

/// What the archive's thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Waits {
    /// Another process locks the database.
    Unlocked,
    /// The data folder's disk has no room for rows, or for the new files of a correction.
    Room,
}
