//! The only place that may ask what time it is. Everything else is told.

use crate::model::{BootId, Millis, Stamp, WallMs};
use rustix::time::{ClockId, clock_gettime};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The boot-time clock: keeps counting while suspended, never jumps. Common to all processes of this boot.
pub fn boot_time() -> Millis {
    let t = clock_gettime(ClockId::Boottime);
    Millis(t.tv_sec as u64 * 1000 + t.tv_nsec as u64 / 1_000_000)
}

/// The boot-time clock in microseconds, for measuring.
pub fn boot_time_us() -> u64 {
    let t = clock_gettime(ClockId::Boottime);
    t.tv_sec as u64 * 1_000_000 + t.tv_nsec as u64 / 1000
}

/// A moment of the monotonic clock in µs, by the boot-time clock: the kernel stamps edges by the former, which stands still
/// while the machine is suspended.
pub fn boot_time_of_monotonic(us: u64) -> u64 {
    let t = clock_gettime(ClockId::Monotonic);
    let monotonic = t.tv_sec as u64 * 1_000_000 + t.tv_nsec as u64 / 1000;
    // Between the two readings some µs pass, and time must not jump by them: what was slept is taken in whole milliseconds.
    let slept_ms = boot_time_us().saturating_sub(monotonic) / 1000;
    us + slept_ms * 1000
}

/// The wall clock, right or wrong.
pub fn wall_time() -> WallMs {
    let t = clock_gettime(ClockId::Realtime);
    let ahead = drilled().map_or(0, |drill| drill.ahead_ms);
    WallMs(t.tv_sec * 1000 + t.tv_nsec / 1_000_000 + ahead)
}

/// A board whose wall clock is wrong, and jumps.
struct Drill {
    ahead_ms: i64,
    trusted: bool,
}

/// As the file says that the environment variable `SHUTTERLINE_DRILL_CLOCK` names, whenever it is asked: how many milliseconds the
/// clock is ahead, and `trusted` or not. Setting the machine's own clock is not a test's to do.
fn drilled() -> Option<Drill> {
    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("SHUTTERLINE_DRILL_CLOCK").map(PathBuf::from));
    let text = std::fs::read_to_string(file.as_ref()?).ok()?;
    let (ahead, word) = text.trim().split_once(' ')?;
    Some(Drill {
        ahead_ms: ahead.parse().ok()?,
        trusted: word == "trusted",
    })
}

/// Whether some time service on this machine says that the wall clock is synchronised.
///
/// systemd-timesyncd touches `/run/systemd/timesync/synchronized`; chrony and ntpd clear the kernel's
/// unsynchronised flag, which `timedatectl` shows but no stable file does, so a clock past the build's year with a
/// hardware clock behind it (`/dev/rtc0`) is believed too.
pub fn wall_clock_trusted() -> bool {
    /// 2026-01-01T00:00:00Z: a clock before this program was written is certainly wrong.
    const EARLIEST: WallMs = WallMs(1_767_225_600_000);
    if let Some(drill) = drilled() {
        return drill.trusted;
    }
    wall_time() >= EARLIEST
        && ["/run/systemd/timesync/synchronized", "/dev/rtc0"]
            .iter()
            .any(|path| std::path::Path::new(path).exists())
}

/// The minute of the local day, 0 to 1439; `None` while the wall clock is not trusted.
pub fn local_minute() -> Option<u16> {
    if !wall_clock_trusted() {
        return None;
    }
    let now = jiff::Timestamp::from_millisecond(wall_time().0).ok()?;
    let local = now.to_zoned(jiff::tz::TimeZone::system());
    u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()
}

/// The kernel's id of this boot.
pub fn boot_id() -> BootId {
    static BOOT: OnceLock<BootId> = OnceLock::new();
    BOOT.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        BootId(text.trim().to_owned())
    })
    .clone()
}

/// Now, by both clocks. Whether the wall clock is `trusted` is asked for beside the shooting path, by
/// [`wall_clock_trusted`], because that looks into the file system.
pub fn stamp(trusted: bool) -> Stamp {
    Stamp {
        boot: boot_id(),
        mono: boot_time(),
        wall: wall_time(),
        trusted,
    }
}
