//! What others read in our files: exiftool is the judge. Without it these tests say so and pass.

#![allow(
    clippy::unwrap_used,
    reason = "a test that unwraps says where it broke"
)]

use shutterline::model::{FrameId, Serial, SessionId, StationId, StudentNumber, WallMs};
use shutterline::tag::{TagFields, image_data, sidecar, tag_jpeg};
use std::path::Path;
use std::process::Command;

fn fields() -> TagFields {
    TagFields {
        student: Some(StudentNumber("20210001".into())),
        name: Some("张伟".into()),
        serial: Some(Serial(7)),
        session: Some(SessionId("k7qa-s3".into())),
        session_name: Some("信息学院 2026".into()),
        frame: FrameId("k7qa-000123".into()),
        station: StationId("k7qa".into()),
        taken_at: WallMs(1_780_303_200_123),
        taken_at_trusted: false,
    }
}

fn exiftool_is_here() -> bool {
    let here = Command::new("exiftool")
        .arg("-ver")
        .output()
        .is_ok_and(|o| o.status.success());
    if !here {
        eprintln!(
            "SKIPPED: exiftool is not installed (Debian: apt install libimage-exiftool-perl)"
        );
    }
    here
}

fn exiftool(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("exiftool")
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "exiftool {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// All tags of a file, as exiftool groups them.
fn tags(file: &Path) -> serde_json::Value {
    let json = exiftool(&["-j", "-G1", "-n", "-struct"], file);
    serde_json::from_str::<serde_json::Value>(&json).unwrap()[0].take()
}

/// A picture with EXIF and a star rating, as a camera makes it.
fn camera_file(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("DSC_0001.JPG");
    let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 77]));
    picture
        .save_with_format(&path, image::ImageFormat::Jpeg)
        .unwrap();
    exiftool(
        &[
            "-overwrite_original",
            "-q",
            "-EXIF:Model=Test D780",
            "-EXIF:DateTimeOriginal=2026:06:01 16:40:00",
            "-EXIF:FNumber=8",
            "-XMP-xmp:Rating=4",
            "-XMP-photoshop:Headline=Graduates",
            "-IPTC:By-line=A. Photographer",
        ],
        &path,
    );
    path
}

#[test]
fn exiftool_reads_the_tag_back_and_the_camera_keeps_its_own() {
    if !exiftool_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = camera_file(folder.path());
    let original = std::fs::read(&path).unwrap();
    let before = tags(&path);
    let remarks = exiftool(&["-validate", "-warning", "-a", "-s3"], &path);
    let tagged = tag_jpeg(&original, &fields()).unwrap();
    std::fs::write(&path, &tagged).unwrap();
    let after = tags(&path);

    assert_eq!(after["XMP-dc:Identifier"], 20_210_001);
    assert_eq!(after["XMP-iptcExt:PersonInImage"][0], "张伟");
    assert_eq!(after["XMP-iptcExt:Event"], "信息学院 2026");
    let ours = [
        ("StudentNumber", "20210001"),
        ("Serial", "7"),
        ("Session", "k7qa-s3"),
        ("Frame", "k7qa-000123"),
        ("Station", "k7qa"),
        ("TakenAt", "2026:06:01 08:40:00.123Z"),
        ("TakenAtTrusted", "False"),
    ];
    for (tag, value) in ours {
        let found = &after[&format!("XMP-shutterline:{tag}")];
        let found = found.as_str().map_or(found.to_string(), str::to_owned);
        assert_eq!(found.to_lowercase(), value.to_lowercase(), "{tag}");
    }
    for (tag, value) in before.as_object().unwrap() {
        let moves = ["System:", "ExifTool:", "File:", "XMP-x:"];
        if tag != "SourceFile" && !moves.iter().any(|group| tag.starts_with(group)) {
            assert_eq!(&after[tag], value, "{tag}");
        }
    }
    assert_eq!(
        exiftool(&["-validate", "-warning", "-a", "-s3"], &path),
        remarks
    );

    let pixels = |bytes: &[u8]| {
        image::load_from_memory(bytes)
            .unwrap()
            .into_rgb8()
            .into_raw()
    };
    assert_eq!(pixels(&tagged), pixels(&original));
    assert_eq!(image_data(&tagged), image_data(&original));
}

#[test]
fn a_multi_picture_file_keeps_its_preview() {
    if !exiftool_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = camera_file(folder.path());
    let main = std::fs::read(&path).unwrap();
    let file = with_preview(&main);
    std::fs::write(&path, &file).unwrap();
    let preview = |path: &Path| {
        let mut exiftool = Command::new("exiftool");
        let output = exiftool.args(["-b", "-MPImage2"]).arg(path);
        output.output().unwrap().stdout
    };
    assert_eq!(preview(&path), SECOND);
    let tagged = tag_jpeg(&file, &fields()).unwrap();
    std::fs::write(&path, &tagged).unwrap();
    assert_eq!(preview(&path), SECOND);

    let index = tagged.windows(4).position(|w| w == b"MPF\0").unwrap() + 4;
    let main_size: [u8; 4] = tagged[index + 54..index + 58].try_into().unwrap();
    assert_eq!(
        u32::from_le_bytes(main_size) as usize,
        tagged.len() - SECOND.len()
    );
    assert_eq!(tag_jpeg(&tagged, &fields()).unwrap(), tagged);
    assert_eq!(image_data(&tagged), image_data(&file));
}

/// Stands behind the main image.
const SECOND: &[u8] = b"\xFF\xD8\xFF the second picture \xFF\xD9";

/// The file with an index right behind the start marker, so that the camera's XMP stands behind it.
fn with_preview(main: &[u8]) -> Vec<u8> {
    let mut index = b"II*\0\x08\0\0\0\x03\0".to_vec();
    let field = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut field = tag.to_le_bytes().to_vec();
        field.extend(kind.to_le_bytes());
        field.extend(count.to_le_bytes());
        field.extend(value.to_le_bytes());
        field
    };
    index.extend(field(0xB000, 7, 4, u32::from_le_bytes(*b"0100")));
    index.extend(field(0xB001, 4, 1, 2));
    index.extend(field(0xB002, 7, 32, 50));
    index.extend(0u32.to_le_bytes());
    let segment_len = 4 + 4 + index.len() + 32;
    let whole = main.len() + segment_len;
    // Offsets count from behind the signature: two bytes of start marker, four of segment, four of signature.
    let entries = [
        (0x0003_0000u32, whole, 0),
        (0x0002_0002, SECOND.len(), whole - 10),
    ];
    for (attributes, size, offset) in entries {
        index.extend(attributes.to_le_bytes());
        index.extend((size as u32).to_le_bytes());
        index.extend((offset as u32).to_le_bytes());
        index.extend(0u32.to_le_bytes());
    }
    let mut file = b"\xFF\xD8\xFF\xE2".to_vec();
    file.extend((segment_len as u16 - 2).to_be_bytes());
    file.extend(b"MPF\0");
    file.extend(index);
    file.extend(&main[2..]);
    file.extend(SECOND);
    file
}

#[test]
fn exiftool_reads_a_sidecar() {
    if !exiftool_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("DSC_0001.xmp");
    std::fs::write(&path, sidecar(&fields())).unwrap();
    let tags = tags(&path);
    assert_eq!(tags["XMP-dc:Identifier"], 20_210_001);
    assert_eq!(tags["XMP-shutterline:Frame"], "k7qa-000123");
}
