//! I9 and I3 for tags: whatever the camera's file looks like, the image data stays and nothing panics.

use proptest::prelude::*;
use shutterline::model::{FrameId, Serial, SessionId, StationId, StudentNumber, WallMs};
use shutterline::tag::{TagError, TagFields, image_data, read_tag, sidecar, tag_jpeg};

fn fields() -> TagFields {
    TagFields {
        student: Some(StudentNumber("20210001".into())),
        name: Some("张伟 <&> \"O'Neil\"".into()),
        serial: Some(Serial(7)),
        session: Some(SessionId("k7qa-s3".into())),
        session_name: Some("信息学院 2026".into()),
        frame: FrameId("k7qa-000123".into()),
        station: StationId("k7qa".into()),
        taken_at: WallMs(1_780_303_200_123),
        taken_at_trusted: true,
    }
}

fn nobody() -> TagFields {
    TagFields {
        student: None,
        name: None,
        serial: None,
        session: None,
        session_name: None,
        frame: FrameId("k7qa-000124".into()),
        station: StationId("k7qa".into()),
        taken_at: WallMs(0),
        taken_at_trusted: false,
    }
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xFF, marker];
    bytes.extend((payload.len() as u16 + 2).to_be_bytes());
    bytes.extend(payload);
    bytes
}

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENDED: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";

fn xmp(packet: &str) -> Vec<u8> {
    segment(0xE1, &[XMP, packet.as_bytes()].concat())
}

/// A scan with a stuffed zero, a restart marker, the end marker, and a preview behind it.
const SCAN: &[u8] =
    b"\xFF\xDA\x00\x02\x12\xFF\x00\x34\xFF\xD0\x56\xFF\xD9\xFF\xD8 preview \xFF\xD9";

fn jpeg(header: &[&[u8]]) -> Vec<u8> {
    [b"\xFF\xD8", header.concat().as_slice(), SCAN].concat()
}

/// What a camera with a star rating and an IPTC preset writes, with its own prefixes.
const CAMERA_XMP: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Camera 1.0"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description r:about="uuid:0815" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" xmlns:d="http://purl.org/dc/elements/1.1/" d:identifier="DSC_0001">
<d:creator><r:Seq><r:li>A. Photographer</r:li></r:Seq></d:creator>
<d:identifier>another</d:identifier>
</r:Description></r:RDF></x:xmpmeta>
<?xpacket end="w"?>"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn tagging_twice_is_tagging_once() {
    let original = jpeg(&[&segment(0xE0, b"JFIF\0"), &segment(0xE1, b"Exif\0\0MM")]);
    let once = tag_jpeg(&original, &fields()).unwrap();
    assert_eq!(tag_jpeg(&once, &fields()).unwrap(), once);
    assert_eq!(read_tag(&once), Some(fields()));
    assert_eq!(read_tag(&original), None);
    assert!(once.ends_with(SCAN));
}

#[test]
fn another_owner_leaves_nothing_of_the_first() {
    let original = jpeg(&[&xmp(CAMERA_XMP)]);
    let first = tag_jpeg(&original, &fields()).unwrap();
    let second = tag_jpeg(&first, &nobody()).unwrap();
    assert_eq!(second, tag_jpeg(&original, &nobody()).unwrap());
    assert!(!text(&second).contains("20210001"));
    assert!(!text(&second).contains("张伟"));
    assert_eq!(read_tag(&second), Some(nobody()));
}

#[test]
fn the_cameras_own_properties_are_carried_over() {
    let original = jpeg(&[&xmp(CAMERA_XMP)]);
    let tagged = text(&tag_jpeg(&original, &fields()).unwrap());
    for kept in [
        "xmp:Rating=\"4\"",
        "A. Photographer",
        "rdf:about=\"uuid:0815\"",
    ] {
        assert!(tagged.contains(kept), "{kept} is missing in {tagged}");
    }
    for replaced in ["DSC_0001", "another"] {
        assert!(!tagged.contains(replaced), "{replaced} is left in {tagged}");
    }
}

#[test]
fn an_unreadable_packet_is_kept_in_hexadecimal() {
    for broken in [
        "<x:xmpmeta",
        "no xml",
        "<a>&unknown;</a>",
        "<!DOCTYPE a><a/>",
        "\u{1}",
    ] {
        let original = jpeg(&[&xmp(broken)]);
        let tagged = tag_jpeg(&original, &nobody()).unwrap();
        let again = tag_jpeg(&tagged, &fields()).unwrap();
        let hex: String = broken.bytes().map(|b| format!("{b:02x}")).collect();
        assert!(text(&again).contains(&format!(">{hex}<")), "{broken:?}");
        assert_eq!(again, tag_jpeg(&original, &fields()).unwrap());
        assert_eq!(read_tag(&again), Some(fields()));
    }
}

#[test]
fn the_packet_stands_behind_exif_and_before_all_else() {
    let (jfif, exif) = (segment(0xE0, b"JFIF\0"), segment(0xE1, b"Exif\0\0MM"));
    let rest = [
        segment(0xE1, &[EXTENDED, b"more"].concat()),
        segment(0xED, b"Photoshop 3.0\0"),
        segment(0xDB, b"table"),
    ]
    .concat();
    let original = jpeg(&[&jfif, &exif, &rest, &xmp("")]);
    let tagged = tag_jpeg(&original, &fields()).unwrap();
    let lead = [b"\xFF\xD8", &*jfif, &*exif].concat();
    assert!(tagged.starts_with(&lead));
    assert_eq!(tagged[lead.len()..lead.len() + 2], [0xFF, 0xE1]);
    assert!(tagged[lead.len() + 4..].starts_with(XMP));
    assert!(tagged.ends_with(&[&rest, SCAN].concat()));
}

#[test]
fn what_is_no_whole_jpeg_is_refused_with_the_next_step() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "not a JPEG (0 bytes"),
        (b"\x89PNG\r\n", "not a JPEG"),
        (b"\xFF\xD8\xFF\xE1\x00\x20Exif", "broken at byte 2"),
        (b"\xFF\xD8\xFF\xD9", "no image data"),
        (b"\xFF\xD8", "broken at byte 2"),
    ];
    for (bytes, words) in cases {
        let error = tag_jpeg(bytes, &fields()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(error.contains("keep the file as it came"), "{error}");
        assert!(image_data(bytes).is_err());
    }
}

#[test]
fn a_packet_that_fits_no_segment_is_refused() {
    let large = format!("<broken>{}", "x".repeat(60_000));
    let original = jpeg(&[&xmp(&large)]);
    assert!(matches!(
        tag_jpeg(&original, &fields()),
        Err(TagError::TooLarge { .. })
    ));
}

#[test]
fn a_sidecar_says_the_same() {
    let text = sidecar(&fields());
    assert_eq!(shutterline::tag::read_sidecar(&text), Some(fields()));
}

#[test]
fn a_name_with_control_characters_makes_no_broken_packet() {
    let mut odd = fields();
    odd.name = Some("a\u{0}b\u{1b}]]>\u{ffff}c".into());
    let tagged = tag_jpeg(&jpeg(&[]), &odd).unwrap();
    assert_eq!(read_tag(&tagged).unwrap().name.unwrap(), "ab]]>c");
}

/// Anything that may stand in a header: plausible, odd, or broken.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        (0xC0u8..=0xFE, bytes.clone()).prop_map(|(marker, payload)| segment(marker, &payload)),
        bytes
            .clone()
            .prop_map(|p| segment(0xE1, &[b"Exif\0\0", &*p].concat())),
        bytes
            .clone()
            .prop_map(|p| segment(0xE2, &[b"MPF\0II*\0", &*p].concat())),
        bytes
            .clone()
            .prop_map(|p| segment(0xE1, &[XMP, &*p].concat())),
        Just(xmp(CAMERA_XMP)),
        (0..CAMERA_XMP.len(), any::<u8>()).prop_map(|(at, byte)| {
            let mut packet = CAMERA_XMP.as_bytes().to_vec();
            packet[at] = byte;
            segment(0xE1, &[XMP, &*packet].concat())
        }),
        Just(vec![0xFF; 5]),
        Just(vec![0xFF, 0xD3]),
        Just(vec![0xFF, 0x01]),
        bytes,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn segment_soups_keep_their_image_data(pieces in proptest::collection::vec(piece(), 0..7)) {
        let soup = jpeg(&pieces.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let before = image_data(&soup);
        match tag_jpeg(&soup, &fields()) {
            Ok(tagged) => {
                prop_assert_eq!(image_data(&tagged), before);
                prop_assert!(tagged.ends_with(SCAN));
                prop_assert_eq!(read_tag(&tagged), Some(fields()));
                prop_assert_eq!(&tag_jpeg(&tagged, &fields()).unwrap(), &tagged);
                let other = tag_jpeg(&tagged, &nobody()).unwrap();
                prop_assert_eq!(tag_jpeg(&other, &fields()).unwrap(), tagged);
                prop_assert_eq!(&other, &tag_jpeg(&soup, &nobody()).unwrap());
            }
            Err(error) => prop_assert_eq!(before.unwrap_err(), error),
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = tag_jpeg(&bytes, &fields());
        let _ = image_data(&bytes);
        let _ = read_tag(&bytes);
    }
}
