//! Who holds the camera's USB device open, when it is not us (-53).

use std::fs;
use std::path::{Path, PathBuf};

/// The device file of a port such as `usb:001,004`.
pub fn device(port: &str) -> Option<PathBuf> {
    let (bus, address) = port.strip_prefix("usb:")?.split_once(',')?;
    Some(PathBuf::from(format!("/dev/bus/usb/{bus}/{address}")))
}

/// Process id and name of another process that has `file` open, as far as we may look: a program of the same user, or
/// any at all when the station runs as root.
pub fn find(file: &Path) -> Option<String> {
    let own = std::process::id();
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|n| n.parse::<u32>().ok())
        else {
            continue;
        };
        if pid == own {
            continue;
        }
        let Ok(open) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let holds = open
            .flatten()
            .any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == file));
        if holds {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{pid} {}", name.trim()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn the_holder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("device");
        let file = fs::File::create(&path).unwrap();
        assert_eq!(find(&path), None, "ourselves do not count");
        let mut holder = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(file)
            .spawn()
            .unwrap();
        let found = find(&path);
        drop(holder.stdin.take());
        holder.wait().unwrap();
        assert_eq!(found, Some(format!("{} cat", holder.id())));
    }

    #[test]
    fn a_port_is_a_device_file() {
        assert_eq!(
            device("usb:001,004"),
            Some(PathBuf::from("/dev/bus/usb/001/004"))
        );
        assert_eq!(device("ptpip:192.168.1.1"), None);
    }
}
