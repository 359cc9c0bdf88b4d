//! Files that are not whole photos: each is rejected as `unreadable`, with words that name the fault,
//! and none of them brings the check down.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use shutterline::check::{Checker, Judge, MAX_FILE_BYTES, Outline, Standard, Unreadable};
use shutterline::cmd::demo::pictures::{Scene, scene};
use shutterline::daemon::load_models;
use shutterline::model::{MeasureState, Report, Verdict};
use std::sync::LazyLock;

const PROGRESSIVE: &[u8] = include_bytes!("data/progressive.jpg");
const SUBSAMPLED: &[u8] = include_bytes!("data/subsampled.jpg");
const SUBSAMPLED_ACROSS: &[u8] = include_bytes!("data/subsampled-across.jpg");
const GREY: &[u8] = include_bytes!("data/grey.jpg");
const ASTRONAUT: &[u8] = include_bytes!("data/astronaut.jpg");

fn checker() -> Checker {
    Checker::new(Standard::builtin("cn-graduate-blue").unwrap())
}

fn judge(bytes: &[u8]) -> Report {
    checker().judge(bytes)
}

/// Asserts a rejection as unreadable and gives its English words.
fn unreadable(bytes: &[u8]) -> String {
    let report = judge(bytes);
    assert_eq!(report.verdict, Verdict::Reject);
    assert_eq!((report.width_px, report.height_px), (0, 0));
    let [reason] = report.reasons.as_slice() else {
        panic!("one reason, not {:?}", report.reasons);
    };
    assert_eq!(reason.id, "unreadable");
    assert!(!reason.zh.is_ascii(), "{}", reason.zh);
    reason.en.clone()
}

fn is_whole(bytes: &[u8]) -> bool {
    let report = judge(bytes);
    let whole = report.measures.iter().find(|m| m.name == "whole").unwrap();
    matches!(whole.state, MeasureState::Measured { within: true, .. })
}

/// A grey image of 8 × `blocks` by 8 pixels, each block two bits, with a restart marker after every
/// `interval` blocks.
fn with_restarts(blocks: u16, interval: u16) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    file.extend([16; 64]);
    file.extend([0xFF, 0xC0, 0, 11, 8, 0, 8]);
    file.extend((blocks * 8).to_be_bytes());
    file.extend([1, 1, 0x11, 0]);
    for table in [0x00, 0x10] {
        file.extend([0xFF, 0xC4, 0, 20, table, 1]);
        file.extend([0; 15]);
        file.push(0);
    }
    file.extend([0xFF, 0xDD, 0, 4]);
    file.extend(interval.to_be_bytes());
    file.extend([0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 63, 0]);
    let mut left = blocks;
    for restart in 0u8.. {
        let run = left.min(interval);
        let bits = usize::from(run) * 2;
        let mut data = vec![0u8; bits.div_ceil(8)];
        if let (Some(last), used @ 1..) = (data.last_mut(), bits % 8) {
            *last = 0xFF >> used;
        }
        file.extend(data);
        left -= run;
        if left == 0 {
            break;
        }
        file.extend([0xFF, 0xD0 + restart % 8]);
    }
    file.extend([0xFF, 0xD9]);
    file
}

fn end_of(file: &[u8], pattern: &[u8]) -> usize {
    let at = file.windows(pattern.len()).position(|w| w == pattern);
    at.unwrap() + pattern.len()
}

#[test]
fn whole_files_of_every_kind_are_read() {
    for file in [
        PROGRESSIVE.to_vec(),
        SUBSAMPLED.to_vec(),
        SUBSAMPLED_ACROSS.to_vec(),
        GREY.to_vec(),
        scene(1, Scene::Good, 200, 260),
        with_restarts(40, 4),
        with_restarts(41, 3),
        with_restarts(9, 100),
    ] {
        assert!(is_whole(&file), "{:?}", judge(&file).reasons);
    }
}

#[test]
fn a_truncated_file_is_rejected_wherever_it_ends() {
    let photo = scene(7, Scene::Good, 640, 480);
    let steps = 200;
    let points = (1..steps).map(|i| photo.len() * i / steps);
    let last_bytes = photo.len() - 40..photo.len();
    for end in points.chain(last_bytes) {
        let words = unreadable(&photo[..end]);
        let known = words.contains("cut off") || words.contains("not a JPEG");
        assert!(known, "cut at {end} of {}: {words}", photo.len());
    }
}

#[test]
fn a_truncated_progressive_file_is_rejected_at_every_byte() {
    for file in [PROGRESSIVE, SUBSAMPLED, SUBSAMPLED_ACROSS, GREY] {
        for end in 0..file.len() {
            unreadable(&file[..end]);
        }
    }
}

#[test]
fn a_truncated_file_with_its_end_marker_put_back_is_still_rejected() {
    // What a decoder paints grey and calls a picture.
    for file in [
        &scene(7, Scene::Good, 320, 240)[..],
        PROGRESSIVE,
        SUBSAMPLED,
    ] {
        for part in 30..60 {
            let mut bytes = file[..file.len() * part / 60].to_vec();
            bytes.extend([0xFF, 0xD9]);
            unreadable(&bytes);
        }
    }
}

#[test]
fn a_hole_in_the_middle_is_rejected() {
    // A sector, a page, and more. (The loss of a byte or two can leave every block in place; nothing
    // in a JPEG tells that, and the archive's comparison with the camera's size has to.)
    let photo = scene(3, Scene::Good, 640, 480);
    for part in 2..8 {
        let middle = photo.len() * part / 10;
        for size in [512, 4096, 8192] {
            let mut lost = photo.clone();
            lost.drain(middle..middle + size);
            unreadable(&lost);
            let mut zeroed = photo.clone();
            zeroed[middle..middle + size].fill(0);
            unreadable(&zeroed);
        }
    }
}

#[test]
fn a_missing_scan_is_rejected() {
    let last_scan = PROGRESSIVE.len() - {
        let reversed = PROGRESSIVE.windows(2).rev().position(|w| w == [0xFF, 0xDA]);
        reversed.unwrap() + 2
    };
    let mut bytes = PROGRESSIVE[..last_scan].to_vec();
    bytes.extend([0xFF, 0xD9]);
    assert!(unreadable(&bytes).contains("a scan is missing"));
}

#[test]
fn damaged_restart_markers_are_rejected() {
    let good = with_restarts(40, 4);
    let data = end_of(&good, &[0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
    let first_marker = data + 1;
    assert_eq!(good[first_marker..first_marker + 2], [0xFF, 0xD0]);

    let mut swapped = good.clone();
    swapped[first_marker + 1] = 0xD3;
    assert!(unreadable(&swapped).contains("restart marker"));

    let mut interval_lost = good.clone();
    interval_lost.drain(data..first_marker + 2);
    assert!(unreadable(&interval_lost).contains("restart marker"));

    let mut marker_lost = good.clone();
    marker_lost.drain(first_marker..first_marker + 2);
    unreadable(&marker_lost);

    // A decoder reads a few bytes ahead and does not mind what it had no use for; what goes beyond is noticed.
    let mut too_many = good;
    too_many.splice(first_marker..first_marker, [0x00; 16]);
    assert!(unreadable(&too_many).contains("left over"));
}

#[test]
fn what_follows_the_image_is_not_minded() {
    // Cameras put previews behind the end marker.
    let mut file = SUBSAMPLED.to_vec();
    file.extend(scene(1, Scene::Good, 64, 64));
    assert!(is_whole(&file));
    assert_eq!(Outline::read(&file).unwrap().image_bytes, SUBSAMPLED.len());
}

#[test]
fn an_empty_file_is_named_as_such() {
    assert!(unreadable(&[]).contains("0 bytes"));
}

#[test]
fn other_files_are_no_jpegs() {
    for bytes in [
        &b"student_number,name\n1,A\n"[..],
        b"\x89PNG\r\n\x1a\n",
        b"II*\0",
        &[0; 4096],
    ] {
        assert!(unreadable(bytes).contains("not a JPEG"));
    }
}

#[test]
fn a_file_of_200_megabytes_is_refused_by_its_size() {
    let mut bytes = vec![0; 200_000_000];
    bytes[..2].copy_from_slice(&[0xFF, 0xD8]);
    assert!(bytes.len() > MAX_FILE_BYTES);
    let words = unreadable(&bytes);
    assert!(
        words.contains("200.0 MB") && words.contains("100.0 MB"),
        "{words}"
    );
}

#[test]
fn absurd_dimensions_are_refused_by_the_header() {
    let mut bytes = SUBSAMPLED.to_vec();
    let size = end_of(&bytes, &[0xFF, 0xC0, 0, 17, 8]);
    bytes[size..size + 4].fill(0xFF);
    let words = unreadable(&bytes);
    assert!(words.contains("65535 x 65535"), "{words}");
    // Within the limit, but with the data of a small image: found out before the plane is allocated.
    bytes[size..size + 4].copy_from_slice(&[0x20, 0, 0x20, 0]);
    unreadable(&bytes);
    // A progressive file holds its coefficients in memory: its limit is lower.
    let mut bytes = PROGRESSIVE.to_vec();
    let size = end_of(&bytes, &[0xFF, 0xC2, 0, 17, 8]);
    bytes[size..size + 4].copy_from_slice(&[0x20, 0, 0x20, 0]);
    assert!(unreadable(&bytes).contains("30 megapixels"));
}

#[test]
fn kinds_that_cameras_do_not_write_are_named() {
    let with_frame = |marker: u8| {
        let mut bytes = SUBSAMPLED.to_vec();
        let at = end_of(&bytes, &[0xFF, 0xC0]);
        bytes[at - 1] = marker;
        Outline::read(&bytes).unwrap_err()
    };
    let unsupported = |error| matches!(error, Unreadable::Unsupported { .. });
    assert!(unsupported(with_frame(0xC3)));
    assert!(unsupported(with_frame(0xC9)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_are_unreadable(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert_eq!(judge(&bytes).verdict, Verdict::Reject);
    }

    #[test]
    fn random_bytes_behind_a_header_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..512),
        keep in 2usize..1400,
        file in prop::sample::select(vec![PROGRESSIVE, SUBSAMPLED, GREY]),
    ) {
        let mut mixed = file[..keep.min(file.len())].to_vec();
        mixed.extend(bytes);
        judge(&mixed);
    }

    #[test]
    fn mutated_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        file in prop::sample::select(vec![PROGRESSIVE, SUBSAMPLED, SUBSAMPLED_ACROSS, GREY]),
    ) {
        let mut bytes = file.to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let report = judge(&bytes);
        // Whatever came of it, the report holds together.
        let json = serde_json::to_string(&report).unwrap();
        prop_assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}

/// The checker with its eyes, loaded once: the models take a second.
fn seeing() -> &'static Checker {
    static CHECKER: LazyLock<Checker> =
        LazyLock::new(|| checker().with_models(load_models(None).expect("the models in models/")));
    &CHECKER
}

/// A small picture of any shape: flat, striped or noise.
fn picture(width: u32, height: u32, kind: u8, seed: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| match kind % 3 {
        0 => image::Rgb([seed, seed ^ 0x55, seed.wrapping_mul(3)]),
        1 => image::Rgb([(x * 7) as u8 ^ seed; 3]),
        _ => image::Rgb(
            [1u32, 7, 31].map(|k| ((x * 193 * k) ^ (y * 71) ^ (u32::from(seed) * k)) as u8),
        ),
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .expect("a JPEG in memory");
    bytes.into_inner()
}

proptest! {
    // Each takes the networks half a second in a debug build.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn mutated_faces_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        within in prop::sample::select(vec![2_000usize, 20_000, ASTRONAUT.len()]),
    ) {
        let mut bytes = ASTRONAUT.to_vec();
        for (at, value) in changes {
            let at = at.index(within);
            bytes[at] = value;
        }
        let report = seeing().judge(&bytes);
        prop_assert_eq!(report.verdict, Verdict::of(&report.reasons));
        let json = serde_json::to_string(&report).unwrap();
        prop_assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }

    #[test]
    fn pictures_of_nobody_have_no_face_and_never_panic(
        width in 1u32..160, height in 1u32..160, kind in any::<u8>(), seed in any::<u8>(),
    ) {
        let report = seeing().judge(&picture(width, height, kind, seed));
        prop_assert_eq!(report.verdict, Verdict::Reject);
        prop_assert!(report.crop.is_none());
    }
}
