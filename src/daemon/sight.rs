//! What lends the check its eyes: where the models are, and how many cores there are to look with.

use crate::check::{Lanes, ModelError, Models};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the package puts the models.
const INSTALLED: &str = "/usr/share/shutterline/models";

/// Why the check has no eyes.
#[derive(Debug, thiserror::Error)]
pub enum SightError {
    /// The models are nowhere that was looked.
    #[error(
        "found no models in {}; install them, or name their folder with --models or [check] models",
        list(looked)
    )]
    Nowhere {
        /// Folders that were looked into, in order.
        looked: Vec<PathBuf>,
    },
    /// The models in the folder are no good.
    #[error("the models in {} cannot be used", folder.display())]
    Bad {
        /// Which.
        folder: PathBuf,
        /// What is wrong with them.
        #[source]
        source: ModelError,
    },
}

fn list(folders: &[PathBuf]) -> String {
    let names = folders.iter().map(|f| f.display().to_string());
    names.collect::<Vec<_>>().join(", ")
}

/// Loads the models. A folder that was asked for is the only one that is looked into; else it is
/// `SHUTTERLINE_MODELS`, then where the package puts them, then a `models` folder beside the program or
/// above it, as in the source tree.
///
/// # Errors
/// When no folder has them, or those found are not the ones of this version.
pub fn load_models(asked: Option<&Path>) -> Result<Arc<Models>, SightError> {
    let asked = asked.map(Path::to_owned).or_else(|| {
        let named = std::env::var_os("SHUTTERLINE_MODELS");
        named.filter(|n| !n.is_empty()).map(PathBuf::from)
    });
    let folders = match asked {
        Some(folder) => vec![folder],
        None => usual_folders(),
    };
    let has_models = |folder: &&PathBuf| folder.join(Models::FILES[0]).is_file();
    let Some(folder) = folders.iter().find(has_models).cloned() else {
        return Err(SightError::Nowhere { looked: folders });
    };
    Models::load(|name| std::fs::read(folder.join(name)))
        .map(Arc::new)
        .map_err(|source| SightError::Bad { folder, source })
}

fn usual_folders() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(INSTALLED)];
    if let Ok(program) = std::env::current_exe() {
        // target/debug/shutterline and target/debug/deps/a-test lie three and four below the tree's root.
        let above = program.ancestors().skip(1).take(4);
        folders.extend(above.map(|folder| folder.join("models")));
    }
    if cfg!(debug_assertions) {
        folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("models"));
    }
    folders
}

/// Cores that checks may use besides the thread each one runs on. Shared by all checks, so that together they
/// never keep more cores busy than there are.
#[derive(Debug, Clone)]
pub struct Cores {
    spare: Arc<AtomicUsize>,
}

impl Cores {
    /// With that many checks at once, the rest of this machine's cores is there for second lanes.
    pub fn beside(checks: usize) -> Self {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        Cores {
            spare: Arc::new(AtomicUsize::new(all.saturating_sub(checks))),
        }
    }
}

impl Lanes for Cores {
    fn both<A: Send, B: Send>(
        &self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        let take = |n: usize| n.checked_sub(1);
        let taken = self
            .spare
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take);
        if taken.is_err() {
            return (a(), b());
        }
        let _back = GiveBack(&self.spare);
        // Still there to be done here where the system has no thread to give.
        let a = Mutex::new(Some(a));
        let a_once = || a.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::thread::scope(|scope| {
            let beside = std::thread::Builder::new().name("check-beside".to_owned());
            let other = beside.spawn_scoped(scope, || a_once().map(|a| a()));
            let b = b();
            let done = match other.map(|thread| thread.join()) {
                Ok(Ok(done)) => done,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(_) => a_once().map(|a| a()),
            };
            match done {
                Some(a) => (a, b),
                None => unreachable!("it is taken once, by whoever does it"),
            }
        })
    }
}

/// The core is free again, even where a check panics.
struct GiveBack<'c>(&'c AtomicUsize);

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn two_lanes_run_at_once_where_a_core_is_spare_and_one_after_the_other_else() {
        let cores = Cores {
            spare: Arc::new(AtomicUsize::new(1)),
        };
        let meet = Barrier::new(2);
        // Each waits for the other: only side by side do both come through.
        let done = cores.both(|| meet.wait().is_leader(), || meet.wait().is_leader());
        assert!(done.0 != done.1);
        assert_eq!(cores.spare.load(Ordering::Acquire), 1, "given back");
        let (inner, ()) = cores.both(|| cores.both(|| 1, || 2), || ());
        assert_eq!(inner, (1, 2));
    }

    #[test]
    fn models_that_are_nowhere_are_asked_for_by_folder() {
        let error = load_models(Some(Path::new("/nowhere")))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/nowhere") && error.contains("--models"),
            "{error}"
        );
        assert!(load_models(None).is_ok(), "the source tree has them");
    }
}
