//! A disk that comes and goes: which folder the file system of a label is mounted on.

use rustix::fs::{major, minor, stat};
use std::path::{Path, PathBuf};

/// Where udev names file systems by their label.
const BY_LABEL: &str = "/dev/disk/by-label";

/// The kernel's list of what is mounted where, for this process.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Where the disk of a label is mounted; `None` while it is not.
pub(super) fn mounted(label: &str) -> Option<PathBuf> {
    let device = stat(Path::new(BY_LABEL).join(escaped(label))).ok()?.st_rdev;
    let mounts = std::fs::read_to_string(MOUNTS).ok()?;
    place(&mounts, &format!("{}:{}", major(device), minor(device)))
}

/// A label as udev writes it: what is no letter, digit or plain sign as `\x20`.
fn escaped(label: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "#+-.:=@_".contains(c);
    let mut text = String::new();
    for c in label.chars() {
        match plain(c) {
            true => text.push(c),
            false => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("\\x{byte:02x}"));
                }
            }
        }
    }
    text
}

/// The mount point of a device in `mountinfo` (proc(5)): third field the device, fourth what of it, fifth where to. The last
/// mount lies on top; of a part of the disk nothing is said.
fn place(mounts: &str, device: &str) -> Option<PathBuf> {
    let of = |line: &str| {
        let mut fields = line.split(' ').skip(2);
        let (found, root, to) = (fields.next()?, fields.next()?, fields.next()?);
        (found == device && root == "/").then(|| PathBuf::from(unescaped(to)))
    };
    mounts.lines().rev().find_map(of)
}

/// `\040` and its like, by which the kernel writes blanks.
fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| byte == b'\\');
        let code = octal.and_then(|o| std::str::from_utf8(o).ok());
        match code.and_then(|o| u8::from_str_radix(o, 8).ok()) {
            Some(code) => {
                out.push(code);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 254:1 / / rw - ext4 /dev/vda1 rw
40 22 8:17 /sub /srv/part rw - vfat /dev/sdb1 rw
41 22 8:17 / /media/photo\\040disk rw,nosuid shared:3 - vfat /dev/sdb1 rw
";

    #[test]
    fn a_disk_is_found_by_its_device() {
        let there = PathBuf::from("/media/photo disk");
        assert_eq!(place(MOUNTS, "8:17"), Some(there));
        assert_eq!(place(MOUNTS, "8:18"), None);
    }

    #[test]
    fn labels_are_written_as_udev_does() {
        assert_eq!(escaped("PHOTO_1"), "PHOTO_1");
        assert_eq!(escaped("my disk"), "my\\x20disk");
        assert_eq!(escaped("照片"), "照片");
    }

    #[test]
    fn a_label_that_no_disk_has_is_nowhere() {
        assert_eq!(mounted("no-such-disk-here"), None);
    }
}
