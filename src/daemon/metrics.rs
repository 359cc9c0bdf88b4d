//! The figures that a monitoring system collects, in Prometheus' text form. `docs/metrics.md` says what each means; a test
//! holds the two equal. Nobody's name or number is ever a label.

use crate::archive::Timed;
use crate::clock;
use crate::doctor::System;
use crate::model::{
    CameraState, DestinationStatus, Fault, Millis, OutboxCounts, Reach, Status, Verdict, WallMs,
};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

/// One label, its values known beforehand.
type Label = [(&'static str, &'static str); 1];
/// One label whose values the machine chooses.
type Found = [(&'static str, String); 1];
/// A destination's name, and one more label.
type AtDestination = [(&'static str, String); 2];
type Float = Gauge<f64, AtomicU64>;

/// Bounds for what happens on a disk, seconds: 0.5 ms, a good SSD's fsync, to 8 s, a dying card's.
const DISK_S: [f64; 15] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0,
];
/// Bounds from the pedal's edge to the call into the camera, seconds.
const TRIGGER_S: [f64; 9] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.5];
/// Bounds from the pedal's edge to the verdict's light, seconds; the goal of a fast room is 3.
const LIGHT_S: [f64; 12] = [0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0];

fn disk() -> Histogram {
    Histogram::new(DISK_S)
}

/// What is counted where it happens. Cheap to clone: all clones count the same.
#[derive(Clone)]
pub(super) struct Metrics {
    registry: Arc<Registry>,
    began: Millis,
    pub(super) shots_fired: Counter,
    pub(super) shots_failed: Counter,
    pub(super) camera_opened: Counter,
    pub(super) camera_lost: Counter,
    pub(super) frames_stored: Counter,
    frames_judged: Family<Label, Counter>,
    downloads: Family<Label, Counter>,
    downloaded: Counter,
    edge_to_trigger: Histogram,
    edge_to_light: Histogram,
    fsync: Family<Label, Histogram, fn() -> Histogram>,
    commit: Histogram,
    store: Histogram,
    live: Arc<Live>,
}

/// What is looked up when somebody asks.
struct Live {
    uptime: Float,
    camera_ready: Gauge,
    outbox_items: Family<Label, Gauge>,
    outbox_oldest: Float,
    destination_items: Family<AtDestination, Gauge>,
    destination_waiting: Family<Found, Float>,
    destination_oldest: Family<Found, Float>,
    destination_rate: Family<Found, Gauge>,
    destination_reach: Family<AtDestination, Gauge>,
    free: Float,
    queue: Family<Label, Gauge>,
    faults: Family<Label, Gauge>,
    clock_trusted: Gauge,
    temperature: Family<Found, Float>,
    /// One at a time: a reader must not see half of another's values.
    turn: Mutex<()>,
}

impl Metrics {
    /// All of them, at nought.
    pub(super) fn new() -> Self {
        let mut r = Registry::with_prefix("shutterline");
        let build = [("version", env!("CARGO_PKG_VERSION").to_owned())];
        r.register("build", "The running program", Info::new(build));
        let metrics = Self {
            began: clock::boot_time(),
            shots_fired: counter(&mut r, "shots_fired", "Triggers that the camera took"),
            shots_failed: counter(&mut r, "shots_failed", "Triggers that the camera refused"),
            camera_opened: counter(&mut r, "camera_opened", "Openings of the camera"),
            camera_lost: counter(
                &mut r,
                "camera_lost",
                "Camera processes that were lost or replaced",
            ),
            frames_stored: counter(
                &mut r,
                "frames_stored",
                "Files made durable with their rows",
            ),
            frames_judged: family(&mut r, "frames_judged", "Frames by verdict"),
            downloads: family(&mut r, "downloads", "Downloads by how they ended"),
            downloaded: with_unit(
                &mut r,
                "downloaded",
                "Received from the camera",
                Unit::Bytes,
                Counter::default(),
            ),
            edge_to_trigger: seconds(
                &mut r,
                "edge_to_trigger",
                "From the pedal's edge to the camera",
                Histogram::new(TRIGGER_S),
            ),
            edge_to_light: seconds(
                &mut r,
                "edge_to_light",
                "From the pedal's edge to the verdict's light",
                Histogram::new(LIGHT_S),
            ),
            fsync: seconds(
                &mut r,
                "fsync",
                "One fsync of a photo or a folder",
                Family::new_with_constructor(disk as fn() -> Histogram),
            ),
            commit: seconds(&mut r, "commit", "One transaction of the database", disk()),
            store: seconds(
                &mut r,
                "store",
                "A download made durable, row included",
                disk(),
            ),
            live: Arc::new(Live::new(&mut r)),
            registry: Arc::new(r),
        };
        metrics.begin();
        metrics
    }

    /// Every label that can come is there from the start: a series that appears late looks like a gap.
    fn begin(&self) {
        for verdict in [Verdict::Pass, Verdict::Warn, Verdict::Reject] {
            drop(
                self.frames_judged
                    .get_or_create(&[("verdict", word(verdict))]),
            );
        }
        for result in ["whole", "failed"] {
            drop(self.downloads.get_or_create(&[("result", result)]));
        }
        for of in ["file", "folder"] {
            drop(self.fsync.get_or_create(&[("of", of)]));
        }
    }

    pub(super) fn judged(&self, verdict: Verdict) {
        self.frames_judged
            .get_or_create(&[("verdict", word(verdict))])
            .inc();
    }

    pub(super) fn downloaded(&self, bytes: u64) {
        self.downloads.get_or_create(&[("result", "whole")]).inc();
        self.downloaded.inc_by(bytes);
    }

    pub(super) fn not_downloaded(&self) {
        self.downloads.get_or_create(&[("result", "failed")]).inc();
    }

    pub(super) fn fired(&self, edge_to_trigger_us: u64) {
        self.edge_to_trigger.observe(from_us(edge_to_trigger_us));
    }

    pub(super) fn lit(&self, edge_to_light_us: u64) {
        self.edge_to_light.observe(from_us(edge_to_light_us));
    }

    /// What the archive's thread tells.
    pub(super) fn timed(&self, what: Timed, us: u64) {
        let s = from_us(us);
        match what {
            Timed::FileSync => self.fsync.get_or_create(&[("of", "file")]).observe(s),
            Timed::FolderSync => self.fsync.get_or_create(&[("of", "folder")]).observe(s),
            Timed::Transaction => self.commit.observe(s),
            Timed::Store => self.store.observe(s),
        }
    }

    /// The whole page. `destinations`: what their rows say and the worker knows; `None` where they cannot be read. Looks at the
    /// system, so it may wait for a disk.
    pub(super) fn text(
        &self,
        status: &Status,
        destinations: Option<&[DestinationStatus]>,
        system: &System,
    ) -> String {
        let live = &self.live;
        let _turn = live.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let uptime = clock::boot_time().since(self.began);
        live.uptime.set(uptime.0 as f64 / 1000.0);
        live.look(status, destinations);
        for (zone, celsius) in system.temperatures() {
            live.temperature
                .get_or_create(&[("zone", zone)])
                .set(celsius);
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Live {
    fn new(r: &mut Registry) -> Self {
        Self {
            uptime: seconds(r, "uptime", "Since the daemon's start", Float::default()),
            camera_ready: gauge(
                r,
                "camera_ready",
                "1 while the camera can be fired or is at it",
            ),
            outbox_items: family(
                r,
                "outbox_items",
                "Files that have yet to reach a destination",
            ),
            outbox_oldest: seconds(
                r,
                "outbox_oldest",
                "Age of the oldest of them since it was shot",
                Float::default(),
            ),
            destination_items: family(
                r,
                "destination_items",
                "Files that a destination has yet to get",
            ),
            destination_waiting: with_unit(
                r,
                "destination_waiting",
                "Size of what waits to be sent there",
                Unit::Bytes,
                Family::default(),
            ),
            destination_oldest: seconds(
                r,
                "destination_oldest",
                "Age of the oldest of them since it was shot",
                Family::default(),
            ),
            destination_rate: family(
                r,
                "destination_bytes_per_second",
                "What goes there over the last half minute of sending",
            ),
            destination_reach: family(r, "destination_reach", "1 for how the destination stands"),
            free: with_unit(
                r,
                "free",
                "Free on the data folder's disk",
                Unit::Bytes,
                Float::default(),
            ),
            queue: family(
                r,
                "queue_students",
                "Serials of the open session by where they stand",
            ),
            faults: family(r, "faults", "1 while the fault stands"),
            clock_trusted: gauge(r, "clock_trusted", "1 while the wall clock is synchronised"),
            temperature: with_unit(
                r,
                "temperature",
                "Temperature by the kernel's zone",
                Unit::Celsius,
                Family::default(),
            ),
            turn: Mutex::new(()),
        }
    }

    /// Each destination of its own, and all of them together.
    fn look_at(&self, destinations: &[DestinationStatus]) {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        for status in destinations {
            let name = || [("destination", status.name.clone())];
            let with = |key, value: &str| {
                [
                    ("destination", status.name.clone()),
                    (key, value.to_owned()),
                ]
            };
            for (state, n) in [
                ("pending", status.pending),
                ("parked", status.parked),
                ("skipped", status.skipped),
            ] {
                let items = self.destination_items.get_or_create(&with("state", state));
                items.set(count(n));
            }
            let bytes = status.pending_bytes.0 as f64;
            self.destination_waiting.get_or_create(&name()).set(bytes);
            let oldest = self.destination_oldest.get_or_create(&name());
            oldest.set(age(status.oldest));
            let rate = self.destination_rate.get_or_create(&name());
            rate.set(count(status.traffic.rate));
            for reach in Reach::ALL {
                let stands = i64::from(status.traffic.reach == reach);
                let reach = with("reach", reach.as_str());
                self.destination_reach.get_or_create(&reach).set(stands);
            }
        }
    }

    fn look(&self, status: &Status, destinations: Option<&[DestinationStatus]>) {
        let all = destinations.unwrap_or_default();
        self.look_at(all);
        let oldest = all.iter().filter_map(|d| d.oldest).min();
        let outbox = match destinations {
            None => status.outbox,
            Some(all) => OutboxCounts {
                pending: all.iter().map(|d| d.pending).sum(),
                failed: all.iter().map(|d| d.parked).sum(),
            },
        };
        let ready = matches!(status.camera.state, CameraState::Ready | CameraState::Busy);
        self.camera_ready.set(i64::from(ready));
        self.outbox_oldest.set(age(oldest));
        self.free.set(status.storage.free_bytes.0 as f64);
        self.clock_trusted
            .set(i64::from(clock::wall_clock_trusted()));
        let set = |family: &Family<Label, Gauge>, key, value, n: u64| {
            let n = i64::try_from(n).unwrap_or(i64::MAX);
            family.get_or_create(&[(key, value)]).set(n);
        };
        set(&self.outbox_items, "state", "pending", outbox.pending);
        set(&self.outbox_items, "state", "failed", outbox.failed);
        let queue = &status.queue;
        for (state, n) in [
            ("waiting", queue.waiting),
            ("done", queue.done),
            ("held", queue.held),
            ("unfinished", queue.unfinished),
            ("absent", queue.absent),
        ] {
            set(&self.queue, "state", state, n.into());
        }
        for fault in Fault::ALL {
            let stands = status.faults.contains(&fault);
            set(&self.faults, "fault", fault.as_str(), stands.into());
        }
    }
}

/// Since a frame was shot, seconds by the wall clock; 0 where there is none.
fn age(taken: Option<WallMs>) -> f64 {
    taken.map_or(0, |at| (clock::wall_time().0 - at.0).max(0)) as f64 / 1000.0
}

fn from_us(us: u64) -> f64 {
    us as f64 / 1e6
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Reject => "reject",
    }
}

fn counter(r: &mut Registry, name: &str, help: &str) -> Counter {
    let metric = Counter::default();
    r.register(name, help, metric.clone());
    metric
}

fn gauge(r: &mut Registry, name: &str, help: &str) -> Gauge {
    let metric = Gauge::default();
    r.register(name, help, metric.clone());
    metric
}

fn family<M: prometheus_client::registry::Metric + Default + Clone>(
    r: &mut Registry,
    name: &str,
    help: &str,
) -> M {
    let metric = M::default();
    r.register(name, help, metric.clone());
    metric
}

fn with_unit<M: prometheus_client::registry::Metric + Clone>(
    r: &mut Registry,
    name: &str,
    help: &str,
    unit: Unit,
    metric: M,
) -> M {
    r.register_with_unit(name, help, unit, metric.clone());
    metric
}

fn seconds<M: prometheus_client::registry::Metric + Clone>(
    r: &mut Registry,
    name: &str,
    help: &str,
    metric: M,
) -> M {
    with_unit(r, name, help, Unit::Seconds, metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Name to type and unit, as the output has them.
    fn printed(text: &str) -> BTreeMap<String, (String, String)> {
        let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["#", "TYPE", name, kind] => {
                    found.entry((*name).into()).or_default().0 = (*kind).into()
                }
                ["#", "UNIT", name, unit] => {
                    found.entry((*name).into()).or_default().1 = (*unit).into()
                }
                _ => {}
            }
        }
        found
    }

    #[test]
    fn the_page_of_metrics_names_each_with_its_type_and_unit() {
        let root = tempfile::tempdir().unwrap();
        let zone = root.path().join("sys/class/thermal/thermal_zone0");
        std::fs::create_dir_all(&zone).unwrap();
        std::fs::write(zone.join("type"), "cpu-thermal\n").unwrap();
        std::fs::write(zone.join("temp"), "48312\n").unwrap();
        let metrics = Metrics::new();
        let office = DestinationStatus {
            name: "office".into(),
            parked: 2,
            ..DestinationStatus::default()
        };
        let text = metrics.text(
            &Status::default(),
            Some(&[office]),
            &System::at(root.path()),
        );
        assert!(
            text.contains(
                "shutterline_destination_items{destination=\"office\",state=\"parked\"} 2"
            ) && text.contains("shutterline_outbox_items{state=\"failed\"} 2"),
            "{text}"
        );
        assert!(
            text.contains("shutterline_temperature_celsius{zone=\"cpu-thermal\"} 48.312"),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"), "{text}");
        let page = include_str!("../../docs/metrics.md");
        let mut documented = BTreeMap::new();
        for line in page.lines().filter(|l| l.starts_with("| `shutterline_")) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let unit = if cells[3] == "-" { "" } else { cells[3] };
            documented.insert(
                cells[1].trim_matches('`').to_owned(),
                (cells[2].to_owned(), unit.to_owned()),
            );
            assert!(cells[4].len() > 10, "{line} says what it means");
        }
        assert_eq!(documented, printed(&text));
    }

    #[test]
    fn what_is_counted_shows() {
        let metrics = Metrics::new();
        metrics.judged(Verdict::Reject);
        metrics.downloaded(6_000_000);
        metrics.timed(Timed::FileSync, 7_000);
        metrics.lit(1_200_000);
        let status = Status {
            faults: vec![Fault::CameraAbsent],
            ..Status::default()
        };
        let text = metrics.text(&status, None, &System::at("/nowhere"));
        for line in [
            "shutterline_frames_judged_total{verdict=\"reject\"} 1",
            "shutterline_frames_judged_total{verdict=\"pass\"} 0",
            "shutterline_downloaded_bytes_total 6000000",
            "shutterline_fsync_seconds_bucket{le=\"0.01\",of=\"file\"} 1",
            "shutterline_fsync_seconds_bucket{le=\"0.005\",of=\"file\"} 0",
            "shutterline_edge_to_light_seconds_bucket{le=\"1.5\"} 1",
            "shutterline_faults{fault=\"camera-absent\"} 1",
            "shutterline_faults{fault=\"card-full\"} 0",
        ] {
            assert!(
                text.lines().any(|l| l == line),
                "{line} is missing in\n{text}"
            );
        }
    }
}
