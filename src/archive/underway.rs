//! Files that have their name and not yet their row.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the archive's thread is storing: paths relative to the data folder, from before the file has its name until after its row is
/// committed or it is gone again. Clones are the same list. With a full disk between the two, minutes may pass.
#[derive(Debug, Clone, Default)]
pub(super) struct Underway(Arc<Mutex<Vec<String>>>);

impl Underway {
    fn paths(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes these until the answer is dropped.
    pub(super) fn note<'p>(&self, paths: impl IntoIterator<Item = &'p String>) -> Noted {
        *self.paths() = paths.into_iter().cloned().collect();
        Noted(self.clone())
    }

    /// Whether this path is noted.
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths().iter().any(|noted| noted == path)
    }
}

/// The thread stores one frame at a time, so that whoever ends has noted all there is.
pub(super) struct Noted(Underway);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.paths().clear();
    }
}
