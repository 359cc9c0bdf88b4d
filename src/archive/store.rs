//! A download becomes a file of a frame (I2, I3, I9): read once, compared with what was received, tagged, made durable, read
//! back, and only then given its row.

use super::error::{ArchiveError, Result};
use super::files::Content;
use super::worker::Worker;
use super::{CrashPoint, TAG_LIMIT, making, moves, place, write};
use crate::model::{CameraFile, Change, FileRole, Frame, FrameFile, Sha256};
use crate::tag::{self, TagFields};
use std::path::{Path, PathBuf};

impl Worker {
    /// A change without a new file.
    pub(super) fn commit(&self, change: &Change) -> Result<()> {
        self.commit_with(change, None, &[])
    }

    /// A change with a downloaded file.
    pub(super) fn store(
        &self,
        frame: &Frame,
        file: &CameraFile,
        incoming: &Path,
        change: &Change,
    ) -> Result<()> {
        let (tag, path, sidecar_path) = self.patiently(|| {
            let places = self.places(change);
            let role = FileRole::of_name(&file.key.name);
            Ok((
                places.tag(frame)?,
                places.path(frame, role, &file.key.name)?,
                self.sidecar_path(frame, change)?,
            ))
        })?;
        // Until the end of this function, however it ends: whoever verifies meanwhile must not take the files for strangers.
        let _noted = self.underway.note([&path].into_iter().chain(&sidecar_path));
        let mut made = vec![self.make(file, incoming, &tag, path)?];
        if let Some(sidecar_path) = sidecar_path
            && wants_sidecar(&made[0])
        {
            match self.make_sidecar(&tag, sidecar_path) {
                Ok(sidecar) => made.push(sidecar),
                Err(error) => {
                    self.discard(&made);
                    return Err(error);
                }
            }
        }
        if let Err(error) = self.commit_with(change, Some(frame), &made) {
            self.discard(&made);
            return Err(error);
        }
        // The row is durable; a download that cannot be removed is a leftover, not a failure.
        if let Err(error) = self.files.ground.disk.remove(incoming) {
            tracing::warn!(path = %incoming.display(), %error, "a stored download could not be removed");
        }
        self.files.reach(CrashPoint::AfterUnlink);
        Ok(())
    }

    /// One sidecar a frame, beside its RAW or beside a JPEG that takes no tag.
    fn sidecar_path(&self, frame: &Frame, change: &Change) -> Result<Option<String>> {
        let files = super::rows::files_of(&self.db, &frame.id)?;
        if files.iter().any(|f| f.file.role == FileRole::Sidecar) {
            return Ok(None);
        }
        self.places(change)
            .path(frame, FileRole::Sidecar, "")
            .map(Some)
    }

    /// The new file under its final name, durable and read back.
    fn make(
        &self,
        file: &CameraFile,
        incoming: &Path,
        tag: &TagFields,
        path: String,
    ) -> Result<FrameFile> {
        let role = FileRole::of_name(&file.key.name);
        let size = incoming.metadata().map(|m| m.len());
        let size = size.map_err(|e| ArchiveError::file("read", incoming, e))?;
        if size != file.received_bytes.0 || size != file.key.size_bytes.0 {
            let what = format!(
                "has {size} bytes, {} were received and the camera says {}",
                file.received_bytes.0, file.key.size_bytes.0
            );
            return Err(differs(incoming, what));
        }
        let to = self.data.join(&path);
        let (sha256, size_bytes) = if role == FileRole::Jpeg && file.received_bytes <= TAG_LIMIT {
            let bytes = self.files.read(incoming, file.received_bytes)?;
            let tagged = tagged(&bytes, tag, &file.sha256);
            self.files.reach(CrashPoint::BeforeTemp);
            let content = Content::Made {
                bytes: tagged.as_deref().unwrap_or(&bytes),
                of: &bytes,
                from: incoming,
                received: &file.sha256,
            };
            self.files.put(&content, &to)?
        } else {
            self.files.reach(CrashPoint::BeforeTemp);
            self.files
                .put(&Content::Copy(incoming, &file.sha256), &to)?
        };
        Ok(FrameFile {
            role,
            path,
            sha256,
            original_sha256: Some(file.sha256.clone()),
            size_bytes,
            source: Some(file.key.clone()),
            cleared_at: None,
        })
    }

    fn make_sidecar(&self, tag: &TagFields, path: String) -> Result<FrameFile> {
        let text = tag::sidecar(tag);
        let to = self.data.join(&path);
        let (sha256, size_bytes) = self.files.put(&Content::Bytes(text.as_bytes()), &to)?;
        Ok(FrameFile {
            role: FileRole::Sidecar,
            path,
            sha256,
            original_sha256: None,
            size_bytes,
            source: None,
            cleared_at: None,
        })
    }

    /// Files without a row go again: the camera's card still has them.
    fn discard(&self, made: &[FrameFile]) {
        for file in made {
            let path = self.data.join(&file.path);
            if let Err(error) = self.files.remove(&path) {
                tracing::warn!(error = error.chain(), "set apart at the next start");
            }
        }
    }

    /// The moves a change asks for, then everything in one commit.
    fn commit_with(
        &self,
        change: &Change,
        stored: Option<&Frame>,
        made: &[FrameFile],
    ) -> Result<()> {
        let moves = self.patiently(|| self.plan(change, stored))?;
        let moved = self.patiently(|| self.begin_moves(&moves))?;
        self.delay();
        let committed = self.transact(|db| {
            let frames = place::frames(change, stored);
            let before = making::Before::of(db, frames.keys().copied())?;
            moves::swap(db, &moved)?;
            if let Some(frame) = stored {
                write::frame(db, frame)?;
                for file in made {
                    write::file(db, Some(&frame.id), None, file)?;
                }
            }
            write::change(db, change)?;
            // A verdict, an overruling or a retake decides as much about delivery as an owner does.
            before.follow(db, change, &self.options.destinations)?;
            self.files.reach(CrashPoint::BeforeCommit);
            Ok(())
        });
        if committed.is_err() && !moved.is_empty() {
            self.take_back();
        }
        committed?;
        self.files.reach(CrashPoint::AfterCommit);
        self.finish_moves(&moved);
        if !place::frames(change, stored).is_empty() {
            self.news.notify_one();
        }
        self.bell.notify_one();
        Ok(())
    }
}

/// A RAW carries no tag of ours, and neither does a JPEG that came untaggable.
fn wants_sidecar(file: &FrameFile) -> bool {
    match file.role {
        FileRole::Raw => true,
        FileRole::Jpeg => file.original_sha256.as_ref() == Some(&file.sha256),
        _ => false,
    }
}

/// The tagged bytes, if the file can carry a tag and its image stays what it was (I9); else it is stored as it came.
fn tagged(bytes: &[u8], fields: &TagFields, sha256: &Sha256) -> Option<Vec<u8>> {
    let tagged = tag::tag_jpeg(bytes, fields);
    let kept = |tagged: &Vec<u8>| match (tag::image_data(bytes), tag::image_data(tagged)) {
        (Ok(before), Ok(after)) => before == after,
        _ => false,
    };
    match tagged {
        Ok(tagged) if kept(&tagged) => Some(tagged),
        other => {
            let error = other.err().map(|e| e.to_string());
            tracing::warn!(%sha256, error, "this JPEG takes no tag; it is stored as it came, with a sidecar");
            None
        }
    }
}

fn differs(path: &Path, what: String) -> ArchiveError {
    ArchiveError::Content {
        path: PathBuf::from(path),
        what,
        next: "it is fetched again from the camera's card",
    }
}
