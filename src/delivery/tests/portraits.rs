use super::figure::{BLUE, EYE, HAIR, SKIN, draw, exif, head, jpeg, noisy};
use crate::check::position::{self, Head};
use crate::check::{Checker, Judge, Metadata, OutsideSize, PortraitRules, Standard};
use crate::delivery::{Note, Portrait, PortraitError, make};
use crate::model::{Crop, MeasureState};
use image::RgbImage;
use image::metadata::Orientation;
use std::io::Write;

const SIZE: (u32, u32) = (640, 860);

fn rules() -> PortraitRules {
    let standard = Standard::builtin("cn-graduate-blue").unwrap();
    standard.portrait().unwrap().clone()
}

fn sitter() -> Head {
    head(320.0, 380.0, 270.0)
}

fn crop_of(head: &Head, width: u32, height: u32) -> Crop {
    let position = position::measures(width, height, head, &rules().bands).unwrap();
    position.crop.unwrap()
}

fn portrait(original: &[u8]) -> Portrait {
    make(original, crop_of(&sitter(), SIZE.0, SIZE.1), &rules(), None).unwrap()
}

fn pixels(portrait: &Portrait) -> RgbImage {
    image::load_from_memory(&portrait.jpeg).unwrap().to_rgb8()
}

fn near(found: [u8; 3], wanted: [u8; 3], by: u8) -> bool {
    found.iter().zip(wanted).all(|(&f, w)| f.abs_diff(w) <= by)
}

/// First row, from the top, of the middle column that has this colour.
fn first(image: &RgbImage, x: u32, colour: [u8; 3]) -> u32 {
    let rows = 0..image.height();
    let mut found = rows.filter(|&y| near(image.get_pixel(x, y).0, colour, 40));
    found.next().unwrap()
}

#[test]
fn the_head_lies_where_the_crop_says() {
    let original = jpeg(&draw(SIZE.0, SIZE.1, &sitter()), None, None);
    let made = pixels(&portrait(&original));
    assert_eq!(made.dimensions(), (480, 640));
    let found = position::measures(SIZE.0, SIZE.1, &sitter(), &rules().bands).unwrap();
    let figure = |name: &str| {
        let measure = found.measures.iter().find(|m| m.name == name).unwrap();
        measure.value.unwrap()
    };
    let crown = f64::from(first(&made, 240, HAIR));
    assert!((crown - figure("position-crown")).abs() < 2.0, "{crown}");
    assert!((50.0..=110.0).contains(&crown));
    let eyes = figure("position-eyes") as u32;
    let row: Vec<u32> = (0..480)
        .filter(|&x| near(made.get_pixel(x, eyes).0, EYE, 25))
        .collect();
    let middle = f64::from(row[0] + row[row.len() - 1]) / 2.0;
    assert!((middle - 239.5).abs() < 1.0, "{middle}");
    assert!(near(made.get_pixel(2, 2).0, BLUE, 3));
}

#[test]
fn a_portrait_is_a_plain_jpeg_of_the_asked_kind() {
    let original = jpeg(&noisy(draw(SIZE.0, SIZE.1, &sitter()), 8), None, None);
    let made = portrait(&original);
    let file = &made.jpeg;
    // JFIF 1.x, unit 1 (dots an inch), 300 x 300.
    assert_eq!(file[..4], [0xFF, 0xD8, 0xFF, 0xE0]);
    assert_eq!(&file[6..11], b"JFIF\0");
    assert_eq!(file[13..18], [1, 1, 44, 1, 44]);
    let has = |marker: u8| file.windows(2).any(|w| w == [0xFF, marker]);
    assert!(has(0xC0), "baseline");
    assert!(!has(0xE1) && !has(0xE2) && !has(0xFE), "no metadata");
    assert_eq!(file.windows(2).filter(|w| *w == [0xFF, 0xDA]).count(), 1);
    // The check estimates the quality from the tables; that is the scale that the rules speak of.
    let report = Checker::new(Standard::builtin("cn-graduate-blue").unwrap()).judge(file);
    let quality = report
        .measures
        .iter()
        .find(|m| m.name == "jpeg-quality")
        .unwrap();
    let MeasureState::Measured { value, .. } = quality.state else {
        panic!("{quality:?}");
    };
    assert!(
        (value - f64::from(made.quality)).abs() <= 1.0,
        "{value} {}",
        made.quality
    );
    assert_eq!((report.width_px, report.height_px), (480, 640));
}

#[test]
fn equal_input_gives_equal_bytes_and_leaves_the_original_alone() {
    let original = jpeg(&noisy(draw(SIZE.0, SIZE.1, &sitter()), 8), None, None);
    let before = original.clone();
    assert_eq!(portrait(&original), portrait(&original));
    assert_eq!(original, before);
}

#[test]
fn every_exif_orientation_gives_the_upright_portrait() {
    let upright = draw(SIZE.0, SIZE.1, &sitter());
    let wanted = pixels(&portrait(&jpeg(&upright, None, None)));
    for value in 1..=8u16 {
        // What the camera stores is what its orientation turns into the upright picture.
        let back = match value {
            6 => 8,
            8 => 6,
            same => same,
        };
        let mut stored = image::DynamicImage::ImageRgb8(upright.clone());
        stored.apply_orientation(Orientation::from_exif(back as u8).unwrap());
        let original = jpeg(&stored.to_rgb8(), Some(exif(value, 1, None)), None);
        let made = pixels(&portrait(&original));
        let differs = |(a, b): (&u8, &u8)| f64::from(a.abs_diff(*b));
        let mean = made.iter().zip(wanted.iter()).map(differs).sum::<f64>() / wanted.len() as f64;
        assert!(mean < 0.7, "orientation {value}: {mean}");
    }
}

#[test]
fn colours_stored_one_after_the_other_come_out_alike() {
    let drawn = draw(SIZE.0, SIZE.1, &sitter());
    let encode = |in_scans: bool| {
        let mut file = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut file, 95);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
        // Tables made for the picture cost this encoder a scan for each component.
        encoder.set_optimized_huffman_tables(in_scans);
        let (width, height) = (SIZE.0 as u16, SIZE.1 as u16);
        let rgb = jpeg_encoder::ColorType::Rgb;
        encoder.encode(&drawn, width, height, rgb).unwrap();
        file
    };
    let scans = |file: &[u8]| file.windows(2).filter(|w| *w == [0xFF, 0xDA]).count();
    let (apart, together) = (encode(true), encode(false));
    assert_eq!((scans(&apart), scans(&together)), (3, 1));
    assert_eq!(portrait(&apart), portrait(&together));
}

#[test]
fn a_profile_in_pieces_is_put_together_and_a_torn_one_refused() {
    let icc = moxcms::ColorProfile::new_adobe_rgb().encode().unwrap();
    let plain = jpeg(&draw(SIZE.0, SIZE.1, &sitter()), None, None);
    let (first, second) = icc.split_at(icc.len() / 2);
    let with = |pieces: &[(u8, &[u8])]| {
        let mut file = plain[..2].to_vec();
        for (number, bytes) in pieces {
            let length = (bytes.len() + 16) as u16;
            file.extend([0xFF, 0xE2]);
            file.extend(length.to_be_bytes());
            file.extend(b"ICC_PROFILE\0");
            file.extend([*number, 2]);
            file.extend(*bytes);
        }
        file.extend(&plain[2..]);
        file
    };
    let whole = jpeg(&draw(SIZE.0, SIZE.1, &sitter()), None, Some(icc.clone()));
    let wanted = portrait(&whole).jpeg;
    assert_ne!(wanted, portrait(&plain).jpeg);
    assert_eq!(portrait(&with(&[(2, second), (1, first)])).jpeg, wanted);
    let crop = crop_of(&sitter(), SIZE.0, SIZE.1);
    let torn = make(&with(&[(2, second)]), crop, &rules(), None).unwrap_err();
    assert!(matches!(torn, PortraitError::Unreadable(_)), "{torn}");
}

#[test]
fn adobe_rgb_comes_out_in_the_colours_that_were_photographed() {
    let to_adobe = |image: &RgbImage| {
        let srgb = moxcms::ColorProfile::new_srgb();
        let adobe = moxcms::ColorProfile::new_adobe_rgb();
        let layout = moxcms::Layout::Rgb;
        let transform = srgb
            .create_transform_8bit(layout, &adobe, layout, Default::default())
            .unwrap();
        let mut out = vec![0; image.len()];
        transform.transform(image, &mut out).unwrap();
        RgbImage::from_raw(image.width(), image.height(), out).unwrap()
    };
    let adobe = to_adobe(&draw(SIZE.0, SIZE.1, &sitter()));
    let corner = adobe.get_pixel(5, 5).0;
    assert!(
        !near(corner, BLUE, 10),
        "Adobe RGB has other numbers: {corner:?}"
    );
    let icc = moxcms::ColorProfile::new_adobe_rgb().encode().unwrap();
    let check = |original: Vec<u8>, wanted: [u8; 3], note: Option<Note>| {
        let made = portrait(&original);
        let found = pixels(&made).get_pixel(5, 5).0;
        assert!(near(found, wanted, 3), "{found:?} instead of {wanted:?}");
        assert_eq!(made.notes.into_iter().find(|n| !is_size(n)), note);
    };
    // With its profile, as Nikon writes it; by EXIF alone, as Canon does; and where the file says too little.
    check(jpeg(&adobe, None, Some(icc)), BLUE, None);
    check(
        jpeg(&adobe, Some(exif(1, 0xFFFF, Some("R03"))), None),
        BLUE,
        None,
    );
    let unknown = jpeg(&adobe, Some(exif(1, 0xFFFF, None)), None);
    check(unknown, corner, Some(Note::UnknownColours));
    check(
        jpeg(&adobe, Some(exif(1, 1, Some("R98"))), None),
        corner,
        None,
    );
    let broken = jpeg(&adobe, None, Some(vec![7; 200]));
    let note = portrait(&broken).notes.into_iter().find(|n| !is_size(n));
    assert!(
        matches!(note, Some(Note::ProfileIgnored { .. })),
        "{note:?}"
    );
}

fn is_size(note: &Note) -> bool {
    matches!(note, Note::BelowSize { .. } | Note::AboveSize { .. })
}

#[test]
fn the_quality_is_the_highest_that_fits() {
    for noise in [6, 30] {
        let original = jpeg(
            &noisy(draw(480, 640, &head(240.0, 250.0, 230.0)), noise),
            None,
            None,
        );
        let whole = Crop {
            x: 0,
            y: 0,
            width: 480,
            height: 640,
        };
        let mut rules = rules();
        let with = |rules: &PortraitRules| make(&original, whole, rules, None);
        rules.min_quality = 1;
        rules.too_small = OutsideSize::Note;
        let made = with(&rules).unwrap();
        assert!(made.jpeg.len() <= 40_000, "{}", made.jpeg.len());
        // One more is too large: asked for at least that quality, there is no file.
        rules.min_quality = made.quality + 1;
        let error = with(&rules).unwrap_err();
        assert!(
            matches!(error, PortraitError::TooLarge { .. }),
            "{noise}: {error}"
        );
    }
}

#[test]
fn at_the_limits_the_rules_decide() {
    let whole = Crop {
        x: 0,
        y: 0,
        width: 480,
        height: 640,
    };
    let with = |image: &RgbImage, change: &dyn Fn(&mut PortraitRules)| {
        let mut rules = rules();
        change(&mut rules);
        make(&jpeg(image, None, None), whole, &rules, None)
    };
    let heavy = noisy(draw(480, 640, &head(240.0, 250.0, 230.0)), 120);
    let error = with(&heavy, &|_| {}).unwrap_err();
    let PortraitError::TooLarge {
        bytes,
        most,
        quality,
    } = error
    else {
        panic!("{error}");
    };
    assert!(bytes > most && (most, quality) == (40_000, 60));
    assert!(error.to_string().contains("lower ISO"), "{error}");
    let noted = with(&heavy, &|r| r.too_large = OutsideSize::Note).unwrap();
    assert_eq!((noted.quality, noted.jpeg.len()), (60, bytes));
    assert_eq!(
        noted.notes,
        [Note::AboveSize {
            bytes,
            most: 40_000
        }]
    );
    // Exactly as many bytes as allowed are allowed, one less is not.
    assert!(
        with(&heavy, &|r| r.file_bytes[1] = bytes as u32)
            .unwrap()
            .notes
            .is_empty()
    );
    assert!(with(&heavy, &|r| r.file_bytes[1] = bytes as u32 - 1).is_err());

    let calm = RgbImage::from_pixel(480, 640, image::Rgb(SKIN));
    let made = with(&calm, &|_| {}).unwrap();
    assert_eq!(made.quality, 100);
    let bytes = made.jpeg.len();
    assert_eq!(
        made.notes,
        [Note::BelowSize {
            bytes,
            least: 20_480
        }]
    );
    let error = with(&calm, &|r| r.too_small = OutsideSize::Error).unwrap_err();
    assert!(
        matches!(error, PortraitError::TooSmall { quality: 100, .. }),
        "{error}"
    );
    assert!(
        with(&calm, &|r| r.file_bytes[0] = bytes as u32)
            .unwrap()
            .notes
            .is_empty()
    );
}

#[test]
fn only_a_crop_of_the_portraits_shape_is_made() {
    let original = jpeg(&draw(600, 800, &head(300.0, 300.0, 230.0)), None, None);
    for (x, y, width, height, fine) in [
        (120, 160, 480, 640, true),
        (0, 0, 600, 800, true),
        (121, 160, 480, 640, false),
        (120, 161, 480, 640, false),
        (0, 0, 477, 636, false),
        (0, 0, 483, 640, false),
        (u32::MAX, 0, 480, 640, false),
    ] {
        let crop = Crop {
            x,
            y,
            width,
            height,
        };
        let made = make(&original, crop, &rules(), None);
        assert_eq!(made.is_ok(), fine, "{crop:?}: {made:?}");
    }
    let cut = &original[..original.len() / 2];
    let crop = Crop {
        x: 0,
        y: 0,
        width: 480,
        height: 640,
    };
    let error = make(cut, crop, &rules(), None).unwrap_err();
    assert!(matches!(error, PortraitError::Unreadable(_)), "{error}");
}

#[test]
fn the_identity_goes_in_where_the_rules_ask_for_it() {
    let original = jpeg(&noisy(draw(SIZE.0, SIZE.1, &sitter()), 8), None, None);
    let crop = crop_of(&sitter(), SIZE.0, SIZE.1);
    let packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>2026001</x:xmpmeta>";
    let has = |p: &Portrait| p.jpeg.windows(packet.len()).any(|w| w == packet);
    let asked = PortraitRules {
        metadata: Metadata::Identity,
        ..rules()
    };
    assert!(!has(&make(&original, crop, &rules(), Some(packet)).unwrap()));
    let made = make(&original, crop, &asked, Some(packet)).unwrap();
    assert!(has(&made) && made.jpeg.len() <= 40_000);
    let without = make(&original, crop, &asked, None).unwrap();
    assert!(without.notes.contains(&Note::NoIdentity));
}

#[test]
fn fine_hair_keeps_its_brightness() {
    // Dark lines one pixel wide before white, from a crop twice as large: half of the light is left, which sRGB
    // codes as 188. Scaled as stored, it would be 128.
    let lines = RgbImage::from_fn(960, 1280, |x, _| {
        image::Rgb([if x % 2 == 0 { 0 } else { 255 }; 3])
    });
    let crop = Crop {
        x: 0,
        y: 0,
        width: 960,
        height: 1280,
    };
    let made = make(&jpeg(&lines, None, None), crop, &rules(), None).unwrap();
    let found = pixels(&made).get_pixel(240, 320).0;
    assert!(near(found, [188; 3], 4), "{found:?}");
}

#[test]
fn another_reader_sees_what_was_asked_for() {
    let original = jpeg(&noisy(draw(SIZE.0, SIZE.1, &sitter()), 8), None, None);
    let mut file = tempfile::Builder::new().suffix(".JPG").tempfile().unwrap();
    file.write_all(&portrait(&original).jpeg).unwrap();
    let tags = [
        "-s3",
        "-XResolution",
        "-YResolution",
        "-ResolutionUnit",
        "-ImageSize",
        "-EncodingProcess",
        "-BitsPerSample",
        "-ColorComponents",
    ];
    match std::process::Command::new("exiftool")
        .args(tags)
        .arg(file.path())
        .output()
    {
        Ok(said) => assert_eq!(
            String::from_utf8_lossy(&said.stdout)
                .lines()
                .collect::<Vec<_>>(),
            [
                "300",
                "300",
                "inches",
                "480x640",
                "Baseline DCT, Huffman coding",
                "8",
                "3"
            ]
        ),
        Err(e) => {
            eprintln!("SKIPPED another_reader_sees_what_was_asked_for: exiftool cannot be run: {e}")
        }
    }
}
