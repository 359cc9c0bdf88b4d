//! What the sim camera sees: the scenes in turn, else a picture of its own.

use super::super::CameraError;
use crate::clock;
use crate::model::{ExifSettings, WallMs};
use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// For the estimate of frames left.
pub const TYPICAL_BYTES: u64 = 8_000_000;

/// The next picture: `scenes/*.jpg` in the order of their names, one a shot, from the beginning after the last. Each
/// gets the time and the exposure in its EXIF, if it has none, as any camera would write it.
pub fn next(folder: &Path, shot: u64, exposure: &ExifSettings) -> Result<Vec<u8>, CameraError> {
    let scenes = folder.join("scenes");
    let failed = |source| CameraError::Sim {
        path: scenes.clone(),
        source,
    };
    let mut files: Vec<_> = match fs::read_dir(&scenes) {
        Ok(entries) => entries.filter_map(|e| Some(e.ok()?.path())).collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(failed(e)),
    };
    files.retain(|p| {
        p.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("jpg") || e.eq_ignore_ascii_case("jpeg"))
    });
    files.sort();
    let bytes = match files.len() {
        0 => fs::read(own_path(folder)).map_err(failed)?,
        n => {
            let turn = usize::try_from(shot.saturating_sub(1) % n as u64).unwrap_or(0);
            fs::read(&files[turn]).map_err(failed)?
        }
    };
    Ok(stamped(bytes, exposure))
}

fn own_path(folder: &Path) -> PathBuf {
    folder.join("own-picture.jpg")
}

/// Draws the camera's own picture once, at opening: a trigger must not wait for an encoder.
pub fn prepare(folder: &Path) -> Result<(), CameraError> {
    let path = own_path(folder);
    if path.exists() {
        return Ok(());
    }
    let temp = path.with_extension("new");
    own_picture()
        .and_then(|bytes| fs::write(&temp, bytes))
        .and_then(|()| fs::rename(&temp, &path))
        .map_err(|source| CameraError::Sim { path, source })
}

/// A head and shoulders of sorts, 960 by 1280, with enough edges to look sharp.
fn own_picture() -> std::io::Result<Vec<u8>> {
    let picture = image::RgbImage::from_fn(960, 1280, |x, y| {
        let (dx, dy) = (f64::from(x) - 480.0, f64::from(y) - 520.0);
        let head = (dx / 190.0).powi(2) + (dy / 260.0).powi(2) < 1.0;
        let shoulders = (dx / 420.0).powi(2) + ((f64::from(y) - 1280.0) / 460.0).powi(2) < 1.0;
        let weave = if (x / 4 + y / 4) % 2 == 0 { 18 } else { 0 };
        if head {
            image::Rgb([205 + weave / 2, 165 + weave / 2, 140 + weave / 2])
        } else if shoulders {
            image::Rgb([40 + weave, 44 + weave, 60 + weave])
        } else {
            image::Rgb([225, 230, 240])
        }
    });
    let mut bytes = Cursor::new(Vec::new());
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(&picture)
        .map_err(std::io::Error::other)?;
    Ok(bytes.into_inner())
}

/// The JPEG with an EXIF segment after its first two bytes; as it was if it has one, or is no JPEG.
fn stamped(jpeg: Vec<u8>, exposure: &ExifSettings) -> Vec<u8> {
    let has_exif = jpeg.windows(6).take(4096).any(|w| w == b"Exif\0\0");
    if has_exif || !jpeg.starts_with(&[0xff, 0xd8]) {
        return jpeg;
    }
    let Some(tiff) = exif_block(clock::wall_time(), exposure) else {
        return jpeg;
    };
    let Ok(length) = u16::try_from(tiff.len() + 8) else {
        return jpeg;
    };
    let mut out = Vec::with_capacity(jpeg.len() + usize::from(length) + 2);
    out.extend_from_slice(&[0xff, 0xd8, 0xff, 0xe1]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(b"Exif\0\0");
    out.extend_from_slice(&tiff);
    out.extend_from_slice(&jpeg[2..]);
    out
}

fn exif_block(now: WallMs, exposure: &ExifSettings) -> Option<Vec<u8>> {
    let ascii = |tag, text: String| Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Ascii(vec![text.into_bytes()]),
    };
    let ratio = |tag, value: Option<f64>| {
        value.map(|value| Field {
            tag,
            ifd_num: In::PRIMARY,
            value: Value::Rational(vec![rational(value)]),
        })
    };
    let iso = exposure.iso.and_then(|iso| u16::try_from(iso).ok());
    let iso = iso.map(|iso| Field {
        tag: Tag::PhotographicSensitivity,
        ifd_num: In::PRIMARY,
        value: Value::Short(vec![iso]),
    });
    let exposed = [
        ratio(Tag::FNumber, exposure.f_number),
        ratio(Tag::ExposureTime, exposure.exposure_s),
        iso,
    ];
    let said = [
        ascii(Tag::Make, "Shutterline".to_owned()),
        ascii(Tag::Model, "Shutterline Sim".to_owned()),
        ascii(Tag::DateTimeOriginal, date_text(now)),
        ascii(
            Tag::SubSecTimeOriginal,
            format!("{:03}", now.0.rem_euclid(1000)),
        ),
    ];
    let mut writer = Writer::new();
    for field in said.iter().chain(exposed.iter().flatten()) {
        writer.push_field(field);
    }
    let mut tiff = Cursor::new(Vec::new());
    writer.write(&mut tiff, false).ok()?;
    Some(tiff.into_inner())
}

/// `1/125` for what is shorter than a second, else in tenths.
fn rational(value: f64) -> Rational {
    if value < 1.0 {
        Rational {
            num: 1,
            denom: (1.0 / value).round() as u32,
        }
    } else {
        Rational {
            num: (value * 10.0).round() as u32,
            denom: 10,
        }
    }
}

/// `YYYY:MM:DD hh:mm:ss`, UTC: the sim camera's clock is ours.
fn date_text(now: WallMs) -> String {
    let seconds = now.0.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (mut year, mut day) = (1970, days);
    let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    while day >= 365 + i64::from(leap(year)) {
        day -= 365 + i64::from(leap(year));
        year += 1;
    }
    let february = 28 + i64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    format!(
        "{year:04}:{month:02}:{:02} {:02}:{:02}:{:02}",
        day + 1,
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_carries_the_time_it_was_taken() {
        let folder = tempfile::tempdir().unwrap();
        let before = clock::wall_time();
        let path = folder.path().join("a.jpg");
        prepare(folder.path()).unwrap();
        let exposure = ExifSettings {
            f_number: Some(5.6),
            exposure_s: Some(0.008),
            iso: Some(200),
        };
        fs::write(&path, next(folder.path(), 1, &exposure).unwrap()).unwrap();
        let said = super::super::super::exif::read(&path);
        let taken = said.taken_at.unwrap();
        assert_eq!(said.settings, exposure);
        assert!(taken.0 >= before.0 && taken.0 <= clock::wall_time().0);
        image::open(&path).unwrap();
    }

    #[test]
    fn scenes_take_turns() {
        let folder = tempfile::tempdir().unwrap();
        let scenes = folder.path().join("scenes");
        fs::create_dir(&scenes).unwrap();
        fs::write(scenes.join("a.jpg"), b"first").unwrap();
        fs::write(scenes.join("b.JPG"), b"second").unwrap();
        assert_eq!(
            next(folder.path(), 1, &ExifSettings::default()).unwrap(),
            b"first"
        );
        assert_eq!(
            next(folder.path(), 2, &ExifSettings::default()).unwrap(),
            b"second"
        );
        assert_eq!(
            next(folder.path(), 3, &ExifSettings::default()).unwrap(),
            b"first"
        );
    }

    #[test]
    fn dates_are_written_as_cameras_do() {
        assert_eq!(date_text(WallMs(951_782_399_000)), "2000:02:28 23:59:59");
        assert_eq!(date_text(WallMs(1_709_164_800_000)), "2024:02:29 00:00:00");
    }
}
