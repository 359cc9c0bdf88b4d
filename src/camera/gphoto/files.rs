//! Files on a real card.

use super::super::child::{BodyError, FileInfo, Listed, Piece};
use super::{Gphoto, native};
use crate::model::Bytes;
use gphoto2::error::ErrorKind;

impl Gphoto {
    pub(super) fn info_of(&mut self, folder: &str, name: &str) -> Result<FileInfo, BodyError> {
        let info = self.ask(|g| g.camera.fs().file_info(folder, name).wait())?;
        let file = info.file();
        Ok(FileInfo {
            size: Bytes(file.size().unwrap_or(0)),
            modified_s: file.mtime().unwrap_or(0),
        })
    }

    pub(super) fn read_piece(
        &mut self,
        folder: &str,
        name: &str,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<Piece, BodyError> {
        if self.whole_only {
            return Ok(Piece::WholeOnly);
        }
        let mut whole_only = false;
        let read = self.ask(|g| {
            let path = (folder, name);
            let read = native::read_piece(&mut g.camera, &mut g.context, path, offset, buffer);
            whole_only = matches!(&read, Err(e) if e.kind() == ErrorKind::NotSupported);
            read
        });
        // Only before the first byte: a camera that stops handing over pieces halfway has failed.
        if whole_only && offset == 0 {
            self.whole_only = true;
            return Ok(Piece::WholeOnly);
        }
        read.map(Piece::Bytes)
    }

    pub(super) fn read_in_one_go(
        &mut self,
        folder: &str,
        name: &str,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), BodyError> {
        self.ask(|g| native::read_whole(&mut g.camera, &mut g.context, (folder, name), sink))
    }

    /// Every file under `DCIM`, or everything on a store that has no such folder. Asks the camera folder by folder,
    /// file by file: minutes on a full card, which is why it is never done while people wait.
    pub(super) fn list_card(
        &mut self,
        progress: &mut dyn FnMut(),
    ) -> Result<Vec<Listed>, BodyError> {
        let mut files = Vec::new();
        let mut folders = vec!["/".to_owned()];
        while let Some(folder) = folders.pop() {
            progress();
            let below: Vec<String> =
                self.ask(|g| Ok(g.camera.fs().list_folders(&folder).wait()?.collect()))?;
            let join = |name: &str| format!("{}/{name}", folder.trim_end_matches('/'));
            if let Some(dcim) = below.iter().find(|f| f.eq_ignore_ascii_case("DCIM")) {
                folders.push(join(dcim));
                continue;
            }
            folders.extend(below.iter().map(|f| join(f)));
            if folder == "/" {
                continue;
            }
            let names: Vec<String> =
                self.ask(|g| Ok(g.camera.fs().list_files(&folder).wait()?.collect()))?;
            for name in names {
                progress();
                let info = self.info_of(&folder, &name)?;
                files.push(Listed {
                    folder: folder.clone(),
                    name,
                    info,
                });
            }
        }
        files.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
        Ok(files)
    }
}
