//! Trigger to committed frame, 24 megapixels, on real libgphoto2 with the virtual camera; beside it, in turn, a bare
//! loop of python-gphoto2 on the same camera: capture, get, save, fsync.

use crate::rig::Rig;
use crate::table::{Table, percentile, time};
use shutterline::cmd::demo::pictures::{self, Scene};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rounds, each a fresh process of either side; the virtual camera is full after some 26 frames.
const ROUNDS: usize = 3;

/// Frames per round.
const FRAMES: usize = 15;

/// Median against median.
const GOAL: f64 = 1.5;

/// Where `scripts/fetch-virtual-camera` puts the wheel, which also carries the Python module.
fn wheel() -> Option<PathBuf> {
    let named = std::env::var_os("SHUTTERLINE_VIRTUAL_CAMERA").map(PathBuf::from);
    let wheel = named
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/virtual-camera"));
    wheel.join("gphoto2").is_dir().then_some(wheel)
}

/// Run both sides in turn.
pub fn run(table: &mut Table) {
    let Some(wheel) = wheel() else {
        println!("SKIPPED: trigger to commit: no virtual camera (scripts/fetch-virtual-camera)");
        return;
    };
    let jpeg = pictures::scene(1, Scene::Good, 4000, 6000);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.extend(python(&wheel, &jpeg));
        ours.extend(station(&wheel, &jpeg));
    }
    let (ours, theirs) = (percentile(&mut ours, 50.0), percentile(&mut theirs, 50.0));
    let ratio = ours as f64 / theirs as f64;
    table.row(
        &format!(
            "trigger to committed frame, 24 megapixels ({:.1} MB), against a bare python-gphoto2 loop",
            jpeg.len() as f64 / 1e6
        ),
        format!("{} / {} = {ratio:.2}", time(ours), time(theirs)),
        "within 1.5",
        Some(ratio <= GOAL),
    );
}

fn card(dir: &Path, jpeg: &[u8]) -> PathBuf {
    let card = dir.join("vcard");
    let folder = card.join("DCIM/100NIKON");
    std::fs::create_dir_all(&folder).expect("card");
    std::fs::write(folder.join("DSC_0001.JPG"), jpeg).expect("picture");
    card
}

fn station(wheel: &Path, jpeg: &[u8]) -> Vec<u64> {
    let mut rig = Rig::new("");
    // Asked in shorter slices, the virtual camera announces a file 100 ms late.
    rig.config = rig.config.replace(
        "driver = \"sim\"\nsim-folder",
        "driver = \"gphoto\"\nevent-slice-ms = 100\nsim-folder",
    );
    // In memory, as an installed station has it.
    let incoming = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let on_disk = format!("{:?}", rig.dir.join("incoming"));
    rig.config = rig
        .config
        .replace(&on_disk, &format!("{:?}", incoming.path()));
    let card = card(&rig.dir, jpeg);
    rig.env = vec![
        (
            "IOLIBS".into(),
            wheel.join("gphoto2/libgphoto2/vusb").display().to_string(),
        ),
        ("VCAMERADIR".into(), card.display().to_string()),
    ];
    rig.start();
    rig.open_session(3);
    rig.until("the card to be compared", |s| s.state.as_str() == "ready");
    let mut samples = Vec::new();
    rig.block_on(async {
        let mut events = rig.client.events(None).await.expect("events");
        for _ in 0..FRAMES {
            rig.tap("pedal").await;
            let (mut stored, mut sounded) = (false, false);
            while !(stored && sounded) {
                let event = events.next().await.expect("event").expect("daemon");
                if let Some(us) = event.data["trigger_to_commit_us"].as_u64() {
                    samples.push(us);
                    stored = true;
                }
                let tune = event.data["tune"].as_str().unwrap_or_default();
                sounded |= event.kind == "sound" && matches!(tune, "pass" | "warn" | "reject");
            }
        }
    });
    samples
}

fn python(wheel: &Path, jpeg: &[u8]) -> Vec<u64> {
    let dir = tempfile::tempdir().expect("folder");
    let card = card(dir.path(), jpeg);
    let loop_ = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/venue/bare_loop.py");
    let out = Command::new("python3")
        .arg(loop_)
        .arg(FRAMES.to_string())
        .arg(dir.path().join("out"))
        .env("PYTHONPATH", wheel)
        .env("IOLIBS", wheel.join("gphoto2/libgphoto2/vusb"))
        .env("VCAMERADIR", card)
        .output()
        .expect("python3");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(|l| l.parse().expect("microseconds"))
        .collect()
}
