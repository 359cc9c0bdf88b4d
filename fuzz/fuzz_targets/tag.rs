//! A tag for any bytes: what takes one keeps its image data and gives the tag back (I9).
#![no_main]

use libfuzzer_sys::fuzz_target;
use shutterline::model::{FrameId, Serial, SessionId, StationId, StudentNumber, WallMs};
use shutterline::tag::{TagFields, image_data, read_tag, tag_jpeg};

fuzz_target!(|bytes: &[u8]| {
    let fields = TagFields {
        frame: FrameId("k7qa-000001".into()),
        session: Some(SessionId("k7qa-s1".into())),
        session_name: None,
        serial: Some(Serial(1)),
        student: Some(StudentNumber("20210001".into())),
        name: None,
        station: StationId("k7qa".into()),
        taken_at: WallMs(1_781_946_753_000),
        taken_at_trusted: true,
    };
    if let Ok(tagged) = tag_jpeg(bytes, &fields) {
        assert_eq!(image_data(&tagged), image_data(bytes));
        assert_eq!(read_tag(&tagged), Some(fields));
    }
});
