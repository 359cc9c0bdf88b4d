//! One attempt at a store: a file is brought there, and made sure of by what the place can show.

use super::bucket::Bucket;
use super::error::{Doing, UploadError};
use super::meter::Meter;
use super::partial;
use super::proof::Proof;
use super::settings::{Place, Verify};
use super::source::{Content, Hashing, PART_BYTES, PIECE_BYTES, Source};
use super::store::Store;
use super::wire::Wire;
use crate::archive::OutboxItem;
use crate::model::{Bytes, StationId};
use futures_util::TryStreamExt;
use opendal::{Metadata, Operator};
use std::sync::Arc;

/// Read back of each place that is looked at, bytes.
const SAMPLE_BYTES: usize = 64 * 1024;

/// One attempt at a store.
pub(super) struct Attempt<'a> {
    pub(super) store: &'a Store,
    /// The store's, each request counted by the meter.
    pub(super) operator: Operator,
    pub(super) meter: Arc<Meter>,
}

impl Attempt<'_> {
    /// Brings an item's file there and makes sure of it; what it replaces is removed after that. Nothing is written where a
    /// cheap look shows that the right bytes are there already.
    pub(super) async fn send(
        &self,
        source: &Source,
        item: &OutboxItem,
    ) -> Result<Proof, UploadError> {
        let proof = match self.find(source, item).await? {
            Some(proof) => proof,
            None => self.write(source, item).await?,
        };
        self.store.settle(&item.key).await;
        if let Some(replaced) = item.replaces.as_deref().filter(|old| *old != item.key) {
            self.remove(replaced).await?;
        }
        Ok(proof)
    }

    /// Removes an object; that it is gone already is as good.
    pub(super) async fn remove(&self, key: &str) -> Result<(), UploadError> {
        if let (Some(bucket), Some(client)) = (&self.store.bucket, &self.store.client) {
            let (client, meter) = (client.clone(), self.meter.clone());
            let doing = self.doing("remove", key);
            bucket.forget(key, &Wire { client, meter }, doing).await;
        }
        match self.operator.delete(key).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.told("remove", key, &error)),
        }
    }

    /// Clears away what an earlier life of this station left there half sent, see [`partial::sweep`].
    pub(super) async fn sweep(&self, station: &StationId) -> Result<u64, UploadError> {
        let swept = partial::sweep(&self.operator, station).await;
        swept.map_err(|e| self.told("clear", "what was half sent", &e))
    }

    /// Writes some bytes, reads them back and removes them.
    pub(super) async fn there_and_back(&self, key: &str, bytes: &[u8]) -> Result<(), UploadError> {
        const NAME: &str = "a probe object";
        let wrote = self.operator.write(key, bytes.to_vec()).await;
        let outcome = match wrote {
            Err(error) => Err(self.told("write", NAME, &error)),
            Ok(_) => match self.operator.read(key).await {
                Err(error) => Err(self.told("read", NAME, &error)),
                Ok(found) if found.to_vec() == bytes => Ok(()),
                Ok(found) => Err(UploadError::Mismatch {
                    destination: self.store.settings.name.clone(),
                    key: NAME.to_owned(),
                    found: format!(
                        "{} where {} were written",
                        Bytes(found.len() as u64),
                        Bytes(bytes.len() as u64)
                    ),
                }),
            },
        };
        // Half a probe goes too; a destination that lets nothing be removed cannot take corrections back.
        let removed = self.operator.delete(key).await;
        outcome?;
        removed.map_err(|e| self.told("remove", NAME, &e))
    }

    fn told(&self, doing: &'static str, key: &str, error: &opendal::Error) -> UploadError {
        self.doing(doing, key).service(error, self.meter.status())
    }

    fn doing<'b>(&'b self, doing: &'static str, key: &'b str) -> Doing<'b> {
        Doing {
            destination: &self.store.settings.name,
            doing,
            key,
        }
    }

    /// What lies there under an item's name, if it can be shown to be the right thing without writing.
    async fn find(&self, source: &Source, item: &OutboxItem) -> Result<Option<Proof>, UploadError> {
        if self.store.folder.is_none() && !matches!(self.store.settings.place, Place::S3(_)) {
            return Ok(None);
        }
        let found = match self.operator.stat(&item.key).await {
            Ok(found) => found,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.told("read", &item.key, &error)),
        };
        if !found.is_file() || found.content_length() != source.content.size_bytes.0 {
            return Ok(None);
        }
        if self.store.folder.is_some() || self.store.settings.verify == Verify::ReadBack {
            let there = self.read(&item.key).await?;
            return Ok((there == source.content).then_some(Proof::ReadBack));
        }
        Ok(by_etag(&found, source))
    }

    /// Sends the file and verifies it: under a name of its own until then, where the service can rename.
    async fn write(&self, source: &Source, item: &OutboxItem) -> Result<Proof, UploadError> {
        let renames = self.operator.info().capability().rename;
        let first = match renames {
            true => partial::name(item),
            false => item.key.clone(),
        };
        if renames && item.attempts > 0 {
            // What earlier attempts left is of no use; that it cannot be removed does no harm.
            let _ = partial::forget(&self.operator, item).await;
        }
        let written = match (&self.store.dav, self.in_parts(source)) {
            (Some(dav), _) => dav.put(&self.operator, source, &first, &self.meter).await,
            (None, Some((bucket, wire))) => {
                let doing = self.doing("write", &first);
                bucket.send(source, &first, &wire, doing).await
            }
            (None, None) => self.copy(source, &first).await,
        };
        let verified = match written {
            Ok(()) => self.verify(source, &first).await,
            Err(error) => Err(error),
        };
        let proof = match verified {
            Ok(proof) => proof,
            Err(error) => {
                // Wrong or half a file must not stay, least of all under its final name. Where there is no other name, what
                // lies there is whole: it is wrong only where that was seen.
                if renames || matches!(error, UploadError::Mismatch { .. }) {
                    let _ = self.operator.delete(&first).await;
                }
                return Err(error);
            }
        };
        if renames {
            let renamed = self.operator.rename(&first, &item.key).await;
            renamed.map_err(|e| match e.kind() {
                // What is gone is what was just verified, under its first name.
                opendal::ErrorKind::NotFound => self.lost(&item.key, &e),
                _ => self.told("rename", &item.key, &e),
            })?;
            let found = self.operator.stat(&item.key).await;
            let found = found.map_err(|e| self.lost(&item.key, &e))?;
            self.has_size(&item.key, &found, source)?;
        }
        Ok(proof)
    }

    /// How a file is brought that is too large for one request; `None` where it is not, or everything comes in one.
    fn in_parts(&self, source: &Source) -> Option<(&Bucket, Wire)> {
        let bucket = self.store.bucket.as_ref()?;
        let wire = Wire {
            client: self.store.client.clone()?,
            meter: self.meter.clone(),
        };
        (source.parts.len() > 1).then_some((bucket, wire))
    }

    /// Copies the archive's file.
    async fn copy(&self, source: &Source, to: &str) -> Result<(), UploadError> {
        let failed = |e: opendal::Error| self.told("write", to, &e);
        let mut file = source.file().await?;
        // To a server it goes at once, and the HTTP client paces it; a folder is written as it comes.
        let at_once = self.store.client.is_some();
        let size = if at_once { PART_BYTES } else { PIECE_BYTES };
        let mut writer = self.operator.writer(to).await.map_err(failed)?;
        loop {
            let piece = source.piece(&mut file, size).await?;
            if piece.is_empty() {
                break;
            }
            if !at_once {
                self.meter.pass(piece.len()).await;
            }
            writer.write(piece).await.map_err(failed)?;
        }
        writer.close().await.map(drop).map_err(failed)
    }

    /// Makes sure of what lies there.
    async fn verify(&self, source: &Source, key: &str) -> Result<Proof, UploadError> {
        let all = self.store.folder.is_some() || self.store.settings.verify == Verify::ReadBack;
        if !all {
            let found = self.operator.stat(key).await;
            let found = found.map_err(|e| self.lost(key, &e))?;
            self.has_size(key, &found, source)?;
            if let Some(proof) = by_etag(&found, source) {
                return Ok(proof);
            }
            // A bucket may make its ETags otherwise, for example where it encrypts.
            let sampled = !matches!(self.store.settings.place, Place::S3(_))
                && source.content.size_bytes.0 > 3 * SAMPLE_BYTES as u64;
            if sampled {
                self.sample(source, key).await?;
                return Ok(Proof::Sample);
            }
        }
        let there = self.read(key).await?;
        match there == source.content {
            true => Ok(Proof::ReadBack),
            false => Err(self.mismatch(key, there.size_bytes, source)),
        }
    }

    /// Reads the beginning, the end and somewhere between.
    async fn sample(&self, source: &Source, key: &str) -> Result<(), UploadError> {
        let size = source.content.size_bytes.0;
        let last = size - SAMPLE_BYTES as u64;
        let middle = rand::random_range(SAMPLE_BYTES as u64..last);
        for from in [0, middle, last] {
            let ours = source.range(from, SAMPLE_BYTES).await?;
            let range = from..from + SAMPLE_BYTES as u64;
            let theirs = self.operator.read_with(key).range(range).await;
            let theirs = theirs.map_err(|e| self.lost(key, &e))?;
            if self.store.client.is_none() {
                self.meter.pass(theirs.len()).await;
            }
            if theirs.to_bytes() != ours {
                return Err(self.mismatch(key, source.content.size_bytes, source));
            }
        }
        Ok(())
    }

    fn has_size(&self, key: &str, found: &Metadata, source: &Source) -> Result<(), UploadError> {
        match found.content_length() == source.content.size_bytes.0 {
            true => Ok(()),
            false => Err(self.mismatch(key, Bytes(found.content_length()), source)),
        }
    }

    /// What was just taken cannot be looked at. That it is not there is no matter of the place: it took it.
    fn lost(&self, key: &str, error: &opendal::Error) -> UploadError {
        match error.kind() {
            opendal::ErrorKind::NotFound => UploadError::Mismatch {
                destination: self.store.settings.name.clone(),
                key: key.to_owned(),
                found: "it was taken, and it is not there".to_owned(),
            },
            _ => self.told("read", key, error),
        }
    }

    fn mismatch(&self, key: &str, found: Bytes, source: &Source) -> UploadError {
        let wanted = source.content.size_bytes;
        UploadError::Mismatch {
            destination: self.store.settings.name.clone(),
            key: key.to_owned(),
            found: match found == wanted {
                true => "the size is right, the bytes are not".to_owned(),
                false => format!("{} bytes instead of {}", found.0, wanted.0),
            },
        }
    }

    /// Reads all of an object.
    async fn read(&self, key: &str) -> Result<Content, UploadError> {
        let failed = |e: opendal::Error| self.lost(key, &e);
        let reader = match self.store.folder {
            Some(_) => self.operator.reader_with(key).chunk(4 * PIECE_BYTES).await,
            None => self.operator.reader(key).await,
        };
        let stream = reader.map_err(failed)?.into_stream(..).await;
        let mut stream = stream.map_err(failed)?;
        let mut hash = Hashing::default();
        while let Some(buffer) = stream.try_next().await.map_err(failed)? {
            if self.store.client.is_none() {
                self.meter.pass(buffer.len()).await;
            }
            for bytes in buffer {
                hash.add(&bytes);
            }
        }
        Ok(hash.end())
    }
}

/// Whether the ETag is the MD5 of what was sent, or of its parts.
fn by_etag(found: &Metadata, source: &Source) -> Option<Proof> {
    let etag = found.etag()?.trim_matches('"');
    match etag.eq_ignore_ascii_case(&source.etag) {
        true if source.etag == source.md5 => Some(Proof::Etag),
        true => Some(Proof::EtagOfParts),
        false => None,
    }
}
