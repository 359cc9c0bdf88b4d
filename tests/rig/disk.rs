//! A disk that is full at will.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// A small disk of its own; taken off again at the end.
pub struct Disk(PathBuf);

impl Disk {
    /// `None`, and a line that nobody overlooks, where mounting is not ours to do.
    pub fn at(folder: PathBuf, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(&folder).expect("folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(&folder)
            .output();
        match mount {
            Ok(done) if done.status.success() => Some(Self(folder)),
            why => {
                eprintln!("SKIPPED: a full disk needs the right to mount a tmpfs: {why:?}");
                None
            }
        }
    }

    /// Takes all its space but `left` bytes.
    pub fn fill(&self, left: u64) {
        let path = self.0.join("filler");
        let mut filler = std::fs::File::create(&path).expect("filler");
        let chunk = vec![1; 1 << 20];
        while filler.write_all(&chunk).is_ok() {}
        let full = filler.metadata().expect("filler").len();
        filler.set_len(full - left).expect("room");
    }

    /// Gives the space back.
    pub fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("filler");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The daemon may still run; the disk goes when it does.
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}
