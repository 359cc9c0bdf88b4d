//! The machine as its kernel shows it in files. The root is `/`, or a folder that a test has made.

use super::facts::{Disk, Interface};
use std::fs;
use std::path::{Path, PathBuf};

/// Reads `/proc` and `/sys` below a root. What is not there is not known, never an error: boards differ.
#[derive(Debug, Clone)]
pub struct System {
    root: PathBuf,
}

impl System {
    /// This machine.
    pub fn here() -> Self {
        Self::at("/")
    }

    /// A machine whose `/proc` and `/sys` lie below a folder.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn read(&self, path: &str) -> Option<String> {
        let text = fs::read_to_string(self.path(path)).ok()?;
        Some(text.trim_matches(['\n', '\0', ' ']).to_owned())
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let list = fs::read_dir(self.path(folder))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = list
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Every thermal zone by its type, °C.
    pub fn temperatures(&self) -> Vec<(String, f64)> {
        let folder = "sys/class/thermal";
        let zones = self.names(folder).into_iter();
        zones
            .filter(|name| name.starts_with("thermal_zone"))
            .filter_map(|name| {
                let kind = self.read(&format!("{folder}/{name}/type"))?;
                let milli: f64 = self.read(&format!("{folder}/{name}/temp"))?.parse().ok()?;
                Some((kind, milli / 1000.0))
            })
            .collect()
    }

    /// The firmware's word on voltage and throttling; `None` where there is no such firmware.
    pub fn throttled(&self) -> Option<u32> {
        let word = self.read("sys/devices/platform/soc/soc:firmware/get_throttled")?;
        u32::from_str_radix(word.trim_start_matches("0x"), 16).ok()
    }

    /// What the board calls itself: a device tree's model, or what a PC's firmware says.
    pub fn board(&self) -> String {
        let named = self.read("proc/device-tree/model").or_else(|| {
            let product = self.read("sys/class/dmi/id/product_name")?;
            let vendor = self.read("sys/class/dmi/id/sys_vendor").unwrap_or_default();
            Some(format!("{vendor} {product}").trim().to_owned())
        });
        named.unwrap_or_else(|| "unknown".to_owned())
    }

    /// Whether there is a clock that goes on without power.
    pub fn has_rtc(&self) -> bool {
        !self.names("sys/class/rtc").is_empty()
    }

    /// Every network interface but the loopback.
    pub fn interfaces(&self) -> Vec<Interface> {
        let names = self.names("sys/class/net").into_iter();
        names
            .filter(|name| name != "lo")
            .map(|name| Interface {
                state: self
                    .read(&format!("sys/class/net/{name}/operstate"))
                    .unwrap_or_else(|| "unknown".to_owned()),
                name,
            })
            .collect()
    }

    /// Whether a default route is set, for IPv4 or IPv6.
    pub fn default_route(&self) -> bool {
        let v4 = self.read("proc/net/route").unwrap_or_default();
        let v4 = v4.lines().skip(1).any(|line| {
            let mut cells = line.split_whitespace();
            cells.nth(1) == Some("00000000") && cells.nth(5) == Some("00000000")
        });
        let zeros = "0".repeat(32);
        let v6 = self.read("proc/net/ipv6_route").unwrap_or_default();
        // The kernel always has an unreachable default on the loopback.
        let v6 = v6.lines().any(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            cells.first() == Some(&zeros.as_str())
                && cells.get(1) == Some(&"00")
                && cells.last() != Some(&"lo")
        });
        v4 || v6
    }

    /// The disk that a folder lies on; the path must be absolute and free of links.
    pub fn disk(&self, folder: &Path) -> Disk {
        let mounts = self.read("proc/self/mountinfo").unwrap_or_default();
        let folder = folder.to_string_lossy();
        let mut best: Option<Mount> = None;
        for mount in mounts.lines().filter_map(Mount::parse) {
            let longer = best.as_ref().is_none_or(|b| mount.at.len() >= b.at.len());
            // Of two mounts at one place the later hides the earlier.
            if mount.holds(&folder) && longer {
                best = Some(mount);
            }
        }
        match best {
            Some(mount) => self.disk_of(mount),
            None => Disk::default(),
        }
    }

    fn disk_of(&self, mount: Mount) -> Disk {
        let link = fs::read_link(self.path(&format!("sys/dev/block/{}", mount.number))).ok();
        let part = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
        let partition = link.as_deref().and_then(part);
        // A partition's folder lies in its device's; a device without partitions lies in `block`.
        let above = link.as_deref().and_then(Path::parent).and_then(part);
        let device = above
            .filter(|name| name != "block")
            .or_else(|| partition.clone());
        let of_device = |file: &str| {
            let device = device.as_ref()?;
            self.read(&format!("sys/block/{device}/device/{file}"))
        };
        let hex = |text: &str| u8::from_str_radix(text.trim_start_matches("0x"), 16).ok();
        let life = of_device("life_time").and_then(|text| {
            // 0 is "not defined".
            text.split_whitespace()
                .filter_map(hex)
                .filter(|n| *n > 0)
                .max()
        });
        let reserve = of_device("pre_eol_info")
            .and_then(|t| hex(&t))
            .filter(|n| *n > 0);
        let errors = partition.as_ref().and_then(|name| {
            self.read(&format!("sys/fs/ext4/{name}/errors_count"))?
                .parse()
                .ok()
        });
        Disk {
            mounted_at: mount.at,
            kind: mount.kind,
            partition,
            device,
            read_only: mount.read_only,
            errors,
            life,
            reserve,
        }
    }
}

/// A line of `/proc/self/mountinfo`.
struct Mount {
    number: String,
    at: String,
    kind: String,
    read_only: bool,
}

impl Mount {
    fn parse(line: &str) -> Option<Self> {
        let (front, back) = line.split_once(" - ")?;
        let front: Vec<&str> = front.split(' ').collect();
        let back: Vec<&str> = back.split(' ').collect();
        let read_only = |options: &str| options.split(',').any(|o| o == "ro");
        Some(Self {
            number: (*front.get(2)?).to_owned(),
            at: unescape(front.get(4)?),
            kind: (*back.first()?).to_owned(),
            // The mount's own, and the file system's: an error remounts the latter.
            read_only: read_only(front.get(5)?) || read_only(back.get(2)?),
        })
    }

    fn holds(&self, folder: &str) -> bool {
        match folder.strip_prefix(&self.at) {
            Some(rest) => rest.is_empty() || rest.starts_with('/') || self.at.ends_with('/'),
            None => false,
        }
    }
}

/// Blanks and the like stand there as three octal digits.
fn unescape(text: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|d| std::str::from_utf8(d).ok());
        let code = digits.and_then(|d| u8::from_str_radix(d, 8).ok());
        match (first, code) {
            (b'\\', Some(byte)) => {
                out.push(byte);
                rest = &after[3..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A board with its data on an eMMC's third partition.
    fn board() -> (tempfile::TempDir, System) {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(
            "proc/self/mountinfo",
            "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw\n\
             30 22 179:3 / /var/lib/shutter\\040line rw,noatime shared:9 - ext4 /dev/mmcblk0p3 ro,errors=remount-ro\n\
             31 22 0:25 / /run rw - tmpfs tmpfs rw\n",
        );
        put("sys/fs/ext4/mmcblk0p3/errors_count", "4\n");
        put("sys/block/mmcblk0/device/life_time", "0x02 0x09\n");
        put("sys/block/mmcblk0/device/pre_eol_info", "0x01\n");
        put("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0");
        put(
            "sys/devices/platform/soc/soc:firmware/get_throttled",
            "50005\n",
        );
        put("sys/class/net/lo/operstate", "unknown\n");
        put("sys/class/net/eth0/operstate", "up\n");
        put(
            "proc/net/route",
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\n",
        );
        let link = root.path().join("sys/dev/block");
        fs::create_dir_all(&link).unwrap();
        let to = "../../devices/platform/emmc2/mmc_host/mmc0/mmc0:0001/block/mmcblk0/mmcblk0p3";
        std::os::unix::fs::symlink(to, link.join("179:3")).unwrap();
        let to = "../../devices/platform/x/block/mmcblk1";
        std::os::unix::fs::symlink(to, link.join("179:2")).unwrap();
        let system = System::at(root.path());
        (root, system)
    }

    #[test]
    fn the_disk_of_a_folder_is_found_with_its_health() {
        let (_root, system) = board();
        let disk = system.disk(Path::new("/var/lib/shutter line/photos"));
        assert_eq!(
            disk,
            Disk {
                mounted_at: "/var/lib/shutter line".into(),
                kind: "ext4".into(),
                partition: Some("mmcblk0p3".into()),
                device: Some("mmcblk0".into()),
                read_only: true,
                errors: Some(4),
                life: Some(9),
                reserve: Some(1),
            }
        );
        let root = system.disk(Path::new("/var/lib/shutter"));
        assert_eq!((root.mounted_at.as_str(), root.read_only), ("/", false));
        assert_eq!(root.device.as_deref(), Some("mmcblk1"));
        assert_eq!(root.life, None);
    }

    #[test]
    fn the_board_tells_what_it_knows() {
        let (_root, system) = board();
        assert_eq!(system.board(), "Raspberry Pi 4 Model B Rev 1.4");
        assert_eq!(system.throttled(), Some(0x50005));
        assert!(system.default_route());
        let names: Vec<_> = system.interfaces().into_iter().map(|i| i.name).collect();
        assert_eq!(names, ["eth0"]);
    }

    #[test]
    fn a_machine_that_tells_nothing_is_no_error() {
        let system = System::at("/nowhere");
        assert_eq!(system.disk(Path::new("/var")), Disk::default());
        assert_eq!(system.throttled(), None);
        assert!(system.temperatures().is_empty() && !system.has_rtc() && !system.default_route());
        assert_eq!(system.board(), "unknown");
    }
}
