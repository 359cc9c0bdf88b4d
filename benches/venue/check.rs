//! The whole check of a photo, beside the least that any check must do (a quarter decode) and beside a Python pipeline on
//! MediaPipe and OpenCV that does only decode, face mesh, segmentation and Laplacian.

use crate::rig::process_kib;
use crate::table::{Table, percentile, time};
use image::imageops::FilterType;
use image::{Rgb, RgbImage, imageops};
use shutterline::check::{Checker, Judge, Lanes, OneLane, Standard};
use shutterline::clock;
use shutterline::daemon::{Cores, load_models};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

/// Checks of each kind, taken in turn.
const ROUNDS: usize = 9;

/// Whole check on two threads against the bare quarter decode.
const GOAL_TWO_LANES: f64 = 2.5;

/// Memory of one check above the program with its models loaded, in KiB.
const GOAL_MEMORY_KIB: u64 = 96 * 1024;

/// The argument by which this program calls itself for [`memory_of_one`].
pub const MEMORY: &str = "memory-of-one-check";

/// Run all sizes; the comparison with Python at 24 megapixels.
pub fn run(table: &mut Table) {
    let standard = Standard::builtin("cn-graduate-blue").expect("standard");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let models = load_models(Some(&folder)).expect("models");
    let one = Checker::new(standard.clone())
        .with_models(models.clone())
        .with_clock(clock::boot_time_us);
    let two = one.clone().with_lanes(Cores::beside(1));
    for (name, width, height) in [
        ("24 megapixels", 4000, 6000),
        ("45 megapixels", 5504, 8256),
        ("6 megapixels", 2000, 3000),
    ] {
        let jpeg = photo(width, height);
        let (mut bare, mut single, mut double) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare.push(took(|| quarter_decode(&jpeg)));
            single.push(took(|| drop(one.judge(&jpeg))));
            double.push(took(|| drop(two.judge(&jpeg))));
        }
        let what = format!("{name} ({:.1} MB)", jpeg.len() as f64 / 1e6);
        let bare = percentile(&mut bare, 50.0);
        let (single, double) = (percentile(&mut single, 50.0), percentile(&mut double, 50.0));
        let ratio = double as f64 / bare as f64;
        table.row(
            &format!("whole check on two threads, {what}, against a bare quarter decode"),
            format!("{} / {} = {ratio:.2}", time(double), time(bare)),
            "within 2.5 at 24 megapixels",
            (name == "24 megapixels").then_some(ratio <= GOAL_TWO_LANES),
        );
        table.row(
            &format!("whole check on one thread, {what}"),
            format!("{}; {}", time(single), phases(&one, &jpeg)),
            "none set",
            None,
        );
        if name == "24 megapixels" {
            memory(table, &jpeg);
            beside_python(table, &one, &jpeg);
        }
    }
}

/// In a process of its own: what this one has freed would be taken again, and hide what a check takes.
fn memory(table: &mut Table, jpeg: &[u8]) {
    let file = tempfile::NamedTempFile::new().expect("file");
    std::fs::write(file.path(), jpeg).expect("photo");
    let this = std::env::current_exe().expect("this program");
    let out = Command::new(this)
        .arg(MEMORY)
        .arg(file.path())
        .output()
        .expect("a process for one check");
    let text = String::from_utf8_lossy(&out.stdout);
    let Ok([loaded, first, third]) = <[u64; 3]>::try_from(numbers(&text)) else {
        panic!("{text}{}", String::from_utf8_lossy(&out.stderr));
    };
    table.row(
        "most memory of a check on two threads above the loaded models, 24 megapixels, the file's bytes among it",
        format!(
            "{} MiB (third check: {} MiB), above {} MiB",
            first / 1024,
            third / 1024,
            loaded / 1024
        ),
        "under 96 MiB",
        Some(first.max(third) < GOAL_MEMORY_KIB),
    );
}

fn numbers(text: &str) -> Vec<u64> {
    text.split_whitespace()
        .filter_map(|n| n.parse().ok())
        .collect()
}

/// Prints, in KiB, what the program has with its models loaded, and how far the first and the third check of a photo went above it.
pub fn memory_of_one(photo: &Path) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let models = load_models(Some(&folder)).expect("models");
    let standard = Standard::builtin("cn-graduate-blue").expect("standard");
    let checker = Checker::new(standard)
        .with_models(models)
        .with_lanes(Cores::beside(1));
    let this = std::process::id();
    let loaded = process_kib(this, "VmRSS");
    let above = || {
        // 5 sets the peak back to what is held now (proc_pid_clear_refs(5)).
        std::fs::write("/proc/self/clear_refs", "5").expect("the peak to be set back");
        let jpeg = std::fs::read(photo).expect("photo");
        drop(checker.judge(&jpeg));
        process_kib(this, "VmHWM").saturating_sub(loaded)
    };
    let each: Vec<u64> = (0..3).map(|_| above()).collect();
    println!("{loaded} {} {}", each[0], each[2]);
}

/// One thread each, pinned to the same core, in turn.
fn beside_python(table: &mut Table, checker: &Checker<OneLane>, jpeg: &[u8]) {
    let Some(site) = pipeline() else {
        println!("SKIPPED: the Python pipeline (scripts/fetch-check-pipeline)");
        return;
    };
    let file = tempfile::NamedTempFile::new().expect("file");
    std::fs::write(file.path(), jpeg).expect("photo");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/venue/check_pipeline.py");
    let out = Command::new("taskset")
        .args(["-c", "0", "python3"])
        .arg(script)
        .arg(file.path())
        .arg(ROUNDS.to_string())
        .env("PYTHONPATH", site)
        .output()
        .expect("python3");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8_lossy(&out.stdout);
    let mut theirs: Vec<u64> = text.lines().map(|l| l.parse().expect("µs")).collect();
    let mut ours: Vec<u64> = (0..ROUNDS)
        .map(|_| took(|| drop(checker.judge(jpeg))))
        .collect();
    let (ours, theirs) = (percentile(&mut ours, 50.0), percentile(&mut theirs, 50.0));
    table.row(
        "whole check on one thread against MediaPipe and OpenCV doing decode, mesh, segmentation, Laplacian",
        format!("{} / {} = {:.2}", time(ours), time(theirs), ours as f64 / theirs as f64),
        "below 1",
        Some(ours < theirs),
    );
}

fn pipeline() -> Option<PathBuf> {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/check-pipeline");
    site.join("mediapipe").is_dir().then_some(site)
}

fn took(work: impl FnOnce()) -> u64 {
    let from = clock::boot_time_us();
    work();
    clock::boot_time_us() - from
}

fn quarter_decode(jpeg: &[u8]) {
    let mut decoder = Decompressor::new().expect("turbojpeg");
    let header = decoder.read_header(jpeg).expect("header");
    decoder
        .set_scaling_factor(ScalingFactor::ONE_QUARTER)
        .expect("a quarter");
    let scaled = header.scaled(ScalingFactor::ONE_QUARTER);
    let mut pixels = vec![0; scaled.width * scaled.height * 3];
    let image = Image {
        pixels: &mut pixels[..],
        width: scaled.width,
        pitch: scaled.width * 3,
        height: scaled.height,
        format: PixelFormat::RGB,
    };
    decoder.decompress(jpeg, image).expect("a photo");
}

/// The phases of one check, longest first.
fn phases(checker: &Checker<impl Lanes>, jpeg: &[u8]) -> String {
    let timings: BTreeMap<String, f64> = checker.judge(jpeg).timings_ms;
    let mut phases: Vec<(String, f64)> = timings.into_iter().collect();
    phases.sort_by(|a, b| b.1.total_cmp(&a.1));
    let texts = phases.iter().map(|(name, ms)| format!("{name} {ms:.0}"));
    texts.collect::<Vec<_>>().join(", ")
}

/// A photo with a person in it, as heavy as a camera's: a face on a plain ground, under the grain of a sensor.
pub fn photo(width: u32, height: u32) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/astronaut.jpg");
    let person = image::open(path).expect("a photo").into_rgb8();
    let side = width;
    let person = imageops::resize(&person, side, side, FilterType::CatmullRom);
    let mut photo = RgbImage::from_pixel(width, height, Rgb([100, 197, 255]));
    imageops::replace(&mut photo, &person, 0, i64::from(height - side) / 2);
    let mut state = 0x2545_f491_u32;
    for value in photo.iter_mut() {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let grain = (state & 7) as i16 - 3 - ((state >> 3) & 1) as i16;
        *value = (i16::from(*value) + grain).clamp(0, 255) as u8;
    }
    let image = Image {
        pixels: photo.as_raw().as_slice(),
        width: width as usize,
        pitch: width as usize * 3,
        height: height as usize,
        format: PixelFormat::RGB,
    };
    turbojpeg::compress(image, 95, Subsamp::Sub2x2)
        .expect("a JPEG")
        .to_vec()
}
