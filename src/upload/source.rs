//! The archive's file on its way out: read a piece at a time, and known by its hashes before the first byte leaves.

use super::error::UploadError;
use super::meter::Meter;
use crate::archive::OutboxItem;
use crate::model::{Bytes, Sha256};
use bytes::Bytes as Piece;
use futures_util::Stream;
use md5::{Digest, Md5};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Read, hashed and sent at a time, so that memory does not grow with the file.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// A larger file goes to a bucket in parts of this; 10,000 of them are the most that S3 takes.
pub(super) const PART_BYTES: usize = 8 * 1024 * 1024;

/// Size and hash of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) size_bytes: Bytes,
    pub(super) sha256: Sha256,
}

/// What an item's file must be.
pub(super) fn content_of(item: &OutboxItem) -> Content {
    Content {
        size_bytes: item.size_bytes,
        sha256: item.sha256.clone(),
    }
}

/// Hashes what passes.
#[derive(Default)]
pub(super) struct Hashing {
    size: u64,
    hash: sha2::Sha256,
}

impl Hashing {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
    }

    pub(super) fn end(self) -> Content {
        Content {
            size_bytes: Bytes(self.size),
            sha256: Sha256(hex(&self.hash.finalize())),
        }
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A stored file that is what its row says.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    /// Of the whole.
    pub(super) content: Content,
    /// Of the whole, hexadecimal.
    pub(super) md5: String,
    /// Of each of its parts of [`PART_BYTES`], hexadecimal.
    pub(super) parts: Vec<String>,
    /// What S3 calls the file when it came in [`PART_BYTES`]: the MD5 of the parts' MD5s and how many they are; as `md5` where it
    /// is one part.
    pub(super) etag: String,
}

impl Source {
    /// Reads an item's file through once and makes sure that it is the one that the row means: what is wrong must not reach a
    /// name at the destination even for a moment. A piece at a time, each only when the venue lets it.
    pub(super) async fn open(
        data: &Path,
        item: &OutboxItem,
        meter: &Meter,
    ) -> Result<Self, UploadError> {
        let path = data.join(&item.path);
        let source = match Self::hashed(&path, meter).await {
            Ok(source) => source,
            Err(source) => return Err(UploadError::Source { path, source }),
        };
        match source.content == content_of(item) {
            true => Ok(source),
            false => Err(UploadError::SourceChanged { path }),
        }
    }

    fn unreadable(&self, source: std::io::Error) -> UploadError {
        UploadError::Source {
            path: self.path.clone(),
            source,
        }
    }

    pub(super) async fn file(&self) -> Result<File, UploadError> {
        let opened = File::open(&self.path).await;
        opened.map_err(|e| self.unreadable(e))
    }

    /// The next piece of an opened file, `limit` bytes at most; empty at its end.
    pub(super) async fn piece(&self, file: &mut File, limit: usize) -> Result<Piece, UploadError> {
        let mut piece = Vec::with_capacity(limit);
        let mut part = file.take(limit as u64);
        let read = part.read_to_end(&mut piece).await;
        read.map_err(|e| self.unreadable(e))?;
        Ok(Piece::from(piece))
    }

    /// Some bytes from the middle.
    pub(super) async fn range(&self, from: u64, size: usize) -> Result<Piece, UploadError> {
        let mut file = self.file().await?;
        let sought = file.seek(std::io::SeekFrom::Start(from)).await;
        sought.map_err(|e| self.unreadable(e))?;
        self.piece(&mut file, size).await
    }

    /// The file as a body, as fast as the meter lets it.
    pub(super) async fn body(
        &self,
        meter: &Arc<Meter>,
    ) -> Result<impl Stream<Item = std::io::Result<Piece>> + Send + use<>, UploadError> {
        let (file, meter) = (self.file().await?, meter.clone());
        let next = async move |mut file: File| -> std::io::Result<Option<(Piece, File)>> {
            let mut piece = vec![0; PIECE_BYTES];
            let read = file.read(&mut piece).await?;
            if read == 0 {
                return Ok(None);
            }
            piece.truncate(read);
            meter.pass(read).await;
            Ok(Some((Piece::from(piece), file)))
        };
        let next = Arc::new(next);
        Ok(futures_util::stream::try_unfold(file, move |file| {
            let next = next.clone();
            async move { next(file).await }
        }))
    }

    async fn hashed(path: &Path, meter: &Meter) -> std::io::Result<Self> {
        let mut file = File::open(path).await?;
        let mut piece = vec![0; 4 * PIECE_BYTES];
        let (mut whole, mut md5, mut part) = (Hashing::default(), Md5::new(), Md5::new());
        let (mut parts, mut in_part): (Vec<[u8; 16]>, usize) = (Vec::new(), 0);
        loop {
            meter.step().await;
            let read = file.read(&mut piece).await?;
            let mut bytes = piece.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            whole.add(bytes);
            md5.update(bytes);
            while !bytes.is_empty() {
                let (now, later) = bytes.split_at(bytes.len().min(PART_BYTES - in_part));
                part.update(now);
                in_part += now.len();
                if in_part == PART_BYTES {
                    parts.push(part.finalize_reset().into());
                    in_part = 0;
                }
                bytes = later;
            }
        }
        if in_part > 0 {
            parts.push(part.finalize().into());
        }
        let md5 = hex(&md5.finalize());
        let etag = match parts.len() {
            0 | 1 => md5.clone(),
            n => format!("{}-{n}", hex(&Md5::digest(parts.concat()))),
        };
        Ok(Self {
            path: path.to_owned(),
            content: whole.end(),
            md5,
            parts: parts.iter().map(|p| hex(p)).collect(),
            etag,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hashes_of_parts_are_those_of_s3() {
        let meter = crate::upload::meter::idle();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"portrait").unwrap();
        let small = Source::hashed(&path, &meter).await.unwrap();
        assert_eq!(small.content.size_bytes, Bytes(8));
        assert_eq!(small.md5, hex(&Md5::digest(b"portrait")));
        assert_eq!((&small.etag, small.parts.len()), (&small.md5, 1));
        let large: Vec<u8> = (0..PART_BYTES + 5).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &large).unwrap();
        let two = Source::hashed(&path, &meter).await.unwrap();
        let (first, second) = large.split_at(PART_BYTES);
        let both = [Md5::digest(first), Md5::digest(second)].concat();
        assert_eq!(two.md5, hex(&Md5::digest(&large)));
        assert_eq!(two.etag, format!("{}-2", hex(&Md5::digest(both))));
        assert_eq!(two.parts, [first, second].map(|p| hex(&Md5::digest(p))));
        std::fs::write(&path, first).unwrap();
        let one = Source::hashed(&path, &meter).await.unwrap();
        assert_eq!(one.etag, one.md5, "a whole part alone is sent at once");
    }
}
