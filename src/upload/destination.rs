//! One place that frames go to, and how a file gets there for certain.

use super::error::UploadError;
use super::partial;
use super::quiet::Quiet;
use crate::archive::{OutboxItem, Receipt};
use crate::clock;
use crate::model::{Bytes, Sha256, StationId};
use futures_util::TryStreamExt;
use opendal::Operator;
use opendal::services::Fs;
use sha2::Digest;
use std::path::{Component, Path, PathBuf};
use tokio::io::AsyncReadExt;

/// Read, hashed and sent at a time, so that memory does not grow with the file.
const CHUNK_BYTES: usize = 256 * 1024;

/// What kind of place it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder that exists, for example on a mounted disk or share.
    Folder(PathBuf),
}

/// A place that frames go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its name in the config, by which the outbox knows it.
    pub name: String,
    /// Where it is.
    pub place: Place,
}

/// Size and hash of some bytes.
#[derive(Debug, PartialEq, Eq)]
struct Content {
    size_bytes: Bytes,
    sha256: Sha256,
}

impl Destination {
    /// Brings an item's file there and reads it back; what it replaces is removed after that. Nothing is
    /// written when the right bytes are there already.
    /// A piece at a time, each only when it is `quiet`.
    pub async fn send(
        &self,
        data: &Path,
        item: &OutboxItem,
        quiet: &Quiet,
    ) -> Result<Receipt, UploadError> {
        self.name_is_safe(&item.key)?;
        let service = self.open().await?;
        if self.find(&service, item, quiet).await? != Some(content_of(item)) {
            self.write(&service, data, item, quiet).await?;
        }
        self.settle(&item.key).await;
        if let Some(replaced) = item.replaces.as_deref().filter(|old| *old != item.key) {
            self.delete(&service, replaced).await?;
        }
        Ok(Receipt {
            verified_by: "read-back".into(),
            size_bytes: item.size_bytes,
            sha256: item.sha256.clone(),
            reference: None,
            at: clock::wall_time(),
        })
    }

    /// Removes a file there; that it is gone already is as good.
    pub async fn remove(&self, key: &str) -> Result<(), UploadError> {
        let service = self.open().await?;
        self.delete(&service, key).await
    }

    /// Clears away what an earlier life of this station left there half sent, see [`partial::sweep`].
    pub async fn sweep(&self, station: &StationId) -> Result<(), UploadError> {
        let service = self.open().await?;
        let swept = partial::sweep(&service, station).await;
        let removed =
            swept.map_err(|source| self.failure("clear", "what was half sent", source))?;
        if removed > 0 {
            tracing::info!(destination = self.name, removed, "half-sent files cleared");
        }
        Ok(())
    }

    /// The service, but only over a folder that is there: opening would create it.
    pub(super) async fn open(&self) -> Result<Operator, UploadError> {
        let Place::Folder(folder) = &self.place;
        let destination = self.name.clone();
        let folder = folder.clone();
        match tokio::fs::metadata(&folder).await {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(UploadError::NotAFolder {
                    destination,
                    folder,
                });
            }
            Err(_) => {
                return Err(UploadError::FolderMissing {
                    destination,
                    folder,
                });
            }
        }
        Operator::new(Fs::default().root(&folder.to_string_lossy()))
            .map_err(|source| self.failure("open", "the folder", source))
    }

    pub(super) fn failure(
        &self,
        doing: &'static str,
        key: &str,
        source: opendal::Error,
    ) -> UploadError {
        UploadError::service(&self.name, doing, key, source)
    }

    fn name_is_safe(&self, key: &str) -> Result<(), UploadError> {
        let plain = |part: Component| matches!(part, Component::Normal(_));
        if !key.is_empty() && !key.ends_with('/') && Path::new(key).components().all(plain) {
            return Ok(());
        }
        Err(UploadError::Name {
            destination: self.name.clone(),
            key: key.to_owned(),
        })
    }

    /// Sends the file and verifies it: under a name of its own until then, where the service can rename.
    async fn write(
        &self,
        service: &Operator,
        data: &Path,
        item: &OutboxItem,
        quiet: &Quiet,
    ) -> Result<(), UploadError> {
        let renames = service.info().capability().rename;
        let first = match renames {
            true => partial::name(item, item.attempts),
            false => item.key.clone(),
        };
        if renames && item.attempts > 0 {
            // What an earlier attempt left is of no use; that it cannot be removed does no harm.
            let _ = service
                .delete(&partial::name(item, item.attempts - 1))
                .await;
        }
        let written = self.copy(service, data, item, &first, quiet).await;
        let verified = match written {
            Ok(()) => self.verify(service, &first, item, quiet).await,
            Err(error) => Err(error),
        };
        if let Err(error) = verified {
            // Wrong or half a file must not stay, least of all under its final name.
            let _ = service.delete(&first).await;
            return Err(error);
        }
        if renames {
            let renamed = service.rename(&first, &item.key).await;
            renamed.map_err(|source| self.failure("rename", &item.key, source))?;
            let found = service.stat(&item.key).await;
            let found = found.map_err(|source| self.failure("read", &item.key, source))?;
            if found.content_length() != item.size_bytes.0 {
                return Err(self.mismatch(&item.key, Bytes(found.content_length()), item));
            }
        }
        Ok(())
    }

    /// Copies the archive's file, and makes sure on the way that it is the one that the row means.
    async fn copy(
        &self,
        service: &Operator,
        data: &Path,
        item: &OutboxItem,
        to: &str,
        quiet: &Quiet,
    ) -> Result<(), UploadError> {
        let path = data.join(&item.path);
        let unreadable = |source| UploadError::Source {
            path: path.clone(),
            source,
        };
        let mut file = tokio::fs::File::open(&path).await.map_err(unreadable)?;
        let writer = service.writer(to).await;
        let mut writer = writer.map_err(|source| self.failure("write", to, source))?;
        let mut hash = Hashing::default();
        loop {
            quiet.wait().await;
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            let mut part = (&mut file).take(CHUNK_BYTES as u64);
            if part.read_to_end(&mut chunk).await.map_err(unreadable)? == 0 {
                break;
            }
            hash.add(&chunk);
            let wrote = writer.write(chunk).await;
            wrote.map_err(|source| self.failure("write", to, source))?;
        }
        let closed = writer.close().await;
        closed.map_err(|source| self.failure("write", to, source))?;
        if hash.end() != content_of(item) {
            return Err(UploadError::SourceChanged { path });
        }
        Ok(())
    }

    /// Reads back what lies there.
    pub(super) async fn verify(
        &self,
        service: &Operator,
        key: &str,
        item: &OutboxItem,
        quiet: &Quiet,
    ) -> Result<(), UploadError> {
        let found = self.read(service, key, quiet).await?;
        if found == content_of(item) {
            return Ok(());
        }
        Err(self.mismatch(key, found.size_bytes, item))
    }

    fn mismatch(&self, key: &str, found: Bytes, item: &OutboxItem) -> UploadError {
        let found = match found == item.size_bytes {
            true => "the size is right, the hash is not".to_owned(),
            false => format!("{} bytes instead of {}", found.0, item.size_bytes.0),
        };
        UploadError::Mismatch {
            destination: self.name.clone(),
            key: key.to_owned(),
            found,
        }
    }

    /// What lies there under an item's name, if it is anything of its size; other sizes are not worth reading.
    async fn find(
        &self,
        service: &Operator,
        item: &OutboxItem,
        quiet: &Quiet,
    ) -> Result<Option<Content>, UploadError> {
        let key = &item.key;
        match service.stat(key).await {
            Ok(found) if found.is_file() && found.content_length() == item.size_bytes.0 => {
                self.read(service, key, quiet).await.map(Some)
            }
            Ok(_) => Ok(None),
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failure("read", key, source)),
        }
    }

    async fn read(
        &self,
        service: &Operator,
        key: &str,
        quiet: &Quiet,
    ) -> Result<Content, UploadError> {
        let failed = |source| self.failure("read", key, source);
        let reader = service.reader_with(key).chunk(CHUNK_BYTES).await;
        let stream = reader.map_err(failed)?.into_stream(..).await;
        let mut stream = stream.map_err(failed)?;
        let mut hash = Hashing::default();
        while let Some(buffer) = stream.try_next().await.map_err(failed)? {
            for bytes in buffer {
                hash.add(&bytes);
            }
            quiet.wait().await;
        }
        Ok(hash.end())
    }

    async fn delete(&self, service: &Operator, key: &str) -> Result<(), UploadError> {
        self.name_is_safe(key)?;
        match service.delete(key).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(self.failure("remove", key, source)),
        }
    }

    /// Makes the names durable, not only the bytes: a folder's entry is lost by a power cut otherwise (I5). What
    /// cannot sync a folder (some shares) has its own ways, so failing is no failure.
    async fn settle(&self, key: &str) {
        let Place::Folder(root) = &self.place;
        let mut folder = root.join(key);
        while folder.pop() && folder.starts_with(root) {
            if let Ok(opened) = tokio::fs::File::open(&folder).await {
                let _ = opened.sync_all().await;
            }
        }
    }
}

fn content_of(item: &OutboxItem) -> Content {
    Content {
        size_bytes: item.size_bytes,
        sha256: item.sha256.clone(),
    }
}

#[derive(Default)]
struct Hashing {
    size: u64,
    hash: sha2::Sha256,
}

impl Hashing {
    fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
    }

    fn end(self) -> Content {
        let hash = self.hash.finalize();
        Content {
            size_bytes: Bytes(self.size),
            sha256: Sha256(hash.iter().map(|b| format!("{b:02x}")).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::OutboxId;
    use crate::model::{FrameId, Status};
    use tokio::sync::watch;

    #[tokio::test]
    async fn wrong_bytes_do_not_pass_the_reading_back() {
        let folder = tempfile::tempdir().unwrap();
        let office = Destination {
            name: "office".into(),
            place: Place::Folder(folder.path().into()),
        };
        let mut hash = Hashing::default();
        hash.add(b"portrait");
        let sent = hash.end();
        let item = OutboxItem {
            id: OutboxId(1),
            frame: FrameId("k7qa-000001".into()),
            role: crate::model::FileRole::Jpeg,
            session: crate::model::SessionId("k7qa-s1".into()),
            serial: crate::model::Serial(1),
            student: crate::model::StudentNumber("20210001".into()),
            destination: "office".into(),
            path: "photos/a.JPG".into(),
            key: "a.JPG".into(),
            replaces: None,
            sha256: sent.sha256,
            size_bytes: sent.size_bytes,
            attempts: 0,
        };
        let service = office.open().await.unwrap();
        let station = watch::Sender::new(Status::default());
        let quiet = Quiet::while_shooting(station.subscribe());
        for (bytes, words) in [
            (&b"portrait"[..], None),
            (b"Portrait", Some("the hash is not")),
            (b"portra", Some("6 bytes instead of 8")),
        ] {
            std::fs::write(folder.path().join("a.JPG"), bytes).unwrap();
            let verified = office.verify(&service, "a.JPG", &item, &quiet).await;
            match (verified, words) {
                (Ok(()), None) => {}
                (Err(error), Some(words)) => assert!(error.to_string().contains(words), "{error}"),
                (other, _) => panic!("{bytes:?}: {other:?}"),
            }
        }
    }
}
