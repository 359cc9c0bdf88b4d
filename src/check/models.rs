//! The four networks: what they are called, how a wrong file is told, and one call to run one.

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};
use sha2::{Digest, Sha256};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;

/// A file that is read at start.
struct File {
    name: &'static str,
    /// Lower case hex.
    sha256: &'static str,
}

const DETECTOR: File = File {
    name: "face_detector.onnx",
    sha256: "98f905f1a59c21cabbb1cabdef88eaf16213a3bae7a47344094471850dc6ceb5",
};
const LANDMARKS: File = File {
    name: "face_landmarks.onnx",
    sha256: "b5c6e627826e7cff5d1d13733f26b1d01791f405ad741ef813663a293665b323",
};
const BLENDSHAPES: File = File {
    name: "face_blendshapes.onnx",
    sha256: "96340882d746340356c5d734b7329e4b0b0fc89d4124e72c1b16b2849b7150d1",
};
const PERSON: File = File {
    name: "person_mask.onnx",
    sha256: "1e0cc195cf370d8b0e09d47fb2f10fc024d067d96593b98628680a3a7f3c5578",
};

/// Why the models cannot be used.
#[derive(Debug, Error)]
pub enum ModelError {
    /// A file is not there, or cannot be read.
    #[error(
        "failed to read the model {file}; install the models, or name their folder with --models"
    )]
    Read {
        /// Which.
        file: &'static str,
        /// The caller's error.
        #[source]
        source: io::Error,
    },
    /// A file is not the one this program was built and tested with.
    #[error(
        "the model {file} has SHA-256 {found}, not {wanted}; install the models of this version"
    )]
    OtherFile {
        /// Which.
        file: &'static str,
        /// As it should be, in hex.
        wanted: &'static str,
        /// As it is, in hex.
        found: String,
    },
    /// The engine does not take a file that is the right one.
    #[error("the engine refuses the model {file}; report this as a bug")]
    Refused {
        /// Which.
        file: &'static str,
        /// The engine's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The engine gave up in the middle, which a good file never makes it do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the model {file} failed on this picture ({message}); report this as a bug")]
pub struct InferenceError {
    /// Which.
    pub file: &'static str,
    /// The engine's words.
    pub message: String,
}

/// The networks, loaded. Any number of threads may share them.
#[derive(Debug)]
pub struct Models {
    pub(super) detector: Net,
    pub(super) landmarks: Net,
    pub(super) blendshapes: Net,
    pub(super) person: Net,
}

impl Models {
    /// The names of the files, as [`Models::load`] asks for them.
    pub const FILES: [&'static str; 4] =
        [DETECTOR.name, LANDMARKS.name, BLENDSHAPES.name, PERSON.name];

    /// What tells this set of files from another: the first digits of a hash of their hashes.
    pub fn version() -> String {
        let all = [DETECTOR, LANDMARKS, BLENDSHAPES, PERSON].map(|file| file.sha256);
        hex(&Sha256::digest(all.concat()))[..12].to_owned()
    }

    /// Loads all four; `read` gives the bytes of the file of that name.
    ///
    /// # Errors
    /// When a file cannot be read, has another SHA-256, or is refused by the engine.
    pub fn load(mut read: impl FnMut(&str) -> io::Result<Vec<u8>>) -> Result<Self, ModelError> {
        let lanes = Arc::new(Engines::default());
        let mut load = |file: &File| Net::load(file, &mut read, &lanes);
        Ok(Models {
            detector: load(&DETECTOR)?,
            landmarks: load(&LANDMARKS)?,
            blendshapes: load(&BLENDSHAPES)?,
            person: load(&PERSON)?,
        })
    }
}

/// The engine runs a network on a pool of its own threads. Each run borrows a pool of one thread, so
/// that it takes one core, and two runs at once do not wait for each other.
#[derive(Debug, Default)]
struct Engines {
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Engines {
    fn with<T>(&self, run: impl FnOnce(Arc<ThreadPool>) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = idle().pop();
        let pool = pool.unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let done = run(pool.clone());
        idle().push(pool);
        done
    }
}

/// One network: one input, all its outputs.
pub(super) struct Net {
    file: &'static str,
    model: Model,
    input: NodeId,
    outputs: Vec<NodeId>,
    engines: Arc<Engines>,
}

impl std::fmt::Debug for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Net").field("file", &self.file).finish()
    }
}

impl Net {
    fn load(
        file: &File,
        read: &mut impl FnMut(&str) -> io::Result<Vec<u8>>,
        engines: &Arc<Engines>,
    ) -> Result<Self, ModelError> {
        let name = file.name;
        let bytes = read(name).map_err(|source| ModelError::Read { file: name, source })?;
        let found = hex(&Sha256::digest(&bytes));
        if found != file.sha256 {
            return Err(ModelError::OtherFile {
                file: name,
                wanted: file.sha256,
                found,
            });
        }
        let refused = |source: Box<dyn std::error::Error + Send + Sync>| ModelError::Refused {
            file: name,
            source,
        };
        let model = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .load(bytes)
            .map_err(|e| refused(Box::new(e)))?;
        let &[input] = model.input_ids() else {
            return Err(refused("it has not one input".into()));
        };
        Ok(Net {
            file: name,
            input,
            outputs: model.output_ids().to_vec(),
            model,
            engines: engines.clone(),
        })
    }

    /// For an output that is not as the network's description says.
    pub(super) fn unexpected(&self) -> InferenceError {
        InferenceError {
            file: self.file,
            message: "its output has another shape".to_owned(),
        }
    }

    /// Runs it on one thread. Each output comes flat, in the network's own order.
    pub(super) fn run<const N: usize>(
        &self,
        shape: [usize; N],
        input: Vec<f32>,
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        let failed = |message: String| InferenceError {
            file: self.file,
            message,
        };
        let input = NdTensor::try_from_data(shape, input)
            .map_err(|e| failed(e.to_string()))?
            .into_dyn();
        let outputs = self
            .engines
            .with(|pool| {
                let options = RunOptions::default().with_thread_pool(Some(pool));
                let inputs = vec![(self.input, (&input).into())];
                self.model.run(inputs, &self.outputs, Some(options))
            })
            .map_err(|e| failed(e.to_string()))?;
        outputs
            .into_iter()
            .map(|value: Value| {
                let tensor: Tensor<f32> = value
                    .try_into()
                    .map_err(|_| failed("an output is not of floats".to_owned()))?;
                Ok(tensor.to_vec())
            })
            .collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
pub(in crate::check) mod tests {
    use super::*;

    /// The models of this repository.
    pub(in crate::check) fn shipped() -> Arc<Models> {
        static SHIPPED: std::sync::OnceLock<Arc<Models>> = std::sync::OnceLock::new();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
        let load = || Models::load(|name| std::fs::read(format!("{folder}/{name}"))).unwrap();
        SHIPPED.get_or_init(|| Arc::new(load())).clone()
    }

    #[test]
    fn the_shipped_models_load_and_run_side_by_side() {
        let models = shipped();
        let shapes = |nets: Vec<Vec<f32>>| nets.iter().map(Vec::len).collect::<Vec<_>>();
        let detector = models
            .detector
            .run([1, 128, 128, 3], vec![0.0; 128 * 128 * 3]);
        let mut sizes = shapes(detector.unwrap());
        sizes.sort();
        assert_eq!(sizes, [896, 896 * 16]);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let person = models
                        .person
                        .run([1, 256, 256, 3], vec![0.5; 256 * 256 * 3]);
                    assert_eq!(shapes(person.unwrap()), [256 * 256]);
                });
            }
        });
    }

    #[test]
    fn a_missing_and_a_changed_file_are_named_with_what_to_do() {
        let missing = Models::load(|_| Err(io::ErrorKind::NotFound.into())).unwrap_err();
        assert!(missing.to_string().contains("face_detector.onnx"));
        assert!(missing.to_string().contains("--models"));
        let changed = Models::load(|_| Ok(vec![1, 2, 3])).unwrap_err().to_string();
        assert!(
            changed.contains("98f905f1") && changed.contains("install"),
            "{changed}"
        );
    }
}
