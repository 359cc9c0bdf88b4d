//! The hash of a download, taken on a thread of its own: a board without hash instructions needs as long for it as the
//! USB cable for the file, and the cable should not wait.

use crate::model::Sha256;
use sha2::Digest;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Pieces that may wait to be hashed: 4 of half a megabyte keep the thread busy and memory small.
const WAITING: usize = 4;

/// A SHA-256 being taken.
pub struct Hashing {
    pieces: SyncSender<Vec<u8>>,
    thread: JoinHandle<Sha256>,
}

impl Hashing {
    /// Starts the thread.
    pub fn begin() -> io::Result<Self> {
        let (pieces, waiting) = sync_channel::<Vec<u8>>(WAITING);
        let thread = Builder::new().name("hash".to_owned()).spawn(move || {
            let mut hash = sha2::Sha256::default();
            for piece in waiting {
                hash.update(&piece);
            }
            let hex = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
            Sha256(hex)
        })?;
        Ok(Self { pieces, thread })
    }

    /// The next bytes; waits when too much waits already.
    pub fn take(&self, bytes: &[u8]) {
        // A thread that ended early is found out by `finish`.
        let _ = self.pieces.send(bytes.to_vec());
    }

    /// The hash of all that was taken; `None` if the thread did not live to tell.
    pub fn finish(self) -> Option<Sha256> {
        drop(self.pieces);
        self.thread.join().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_the_hash_of_the_whole() {
        let bytes: Vec<u8> = (0..300_000u32)
            .map(|n| (n.wrapping_mul(n) >> 7) as u8)
            .collect();
        let hashing = Hashing::begin().unwrap();
        for piece in bytes.chunks(7_001) {
            hashing.take(piece);
        }
        let whole: String = sha2::Sha256::digest(&bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(hashing.finish(), Some(Sha256(whole)));
    }
}
