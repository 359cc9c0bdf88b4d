//! Files and tags follow their owner.

use super::*;
use crate::tag;

fn stored(venue: &Venue, run: &mut Run, frame: &Frame) {
    let number = frame.id.sequence().unwrap() as u8;
    let download = venue.download(run, &frame.id, "DSC_0001.JPG", &jpeg(number));
    assert_committed(&run.store(frame, download));
}

fn says(venue: &Venue, frame: &Frame) -> tag::TagFields {
    let path = &frame.main_file().unwrap().path;
    tag::read_tag(&std::fs::read(venue.data().join(path)).unwrap()).unwrap()
}

#[test]
fn a_reassigned_frame_moves_and_is_retagged() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    stored(&venue, &mut run, &frame(1, None));
    let before = venue.frames().remove(0);
    let image = |f: &Frame| std::fs::read(venue.data().join(&f.main_file().unwrap().path)).unwrap();
    let image_before = image(&before);
    let moved = Row::Frame(Box::new(frame(1, Some(4))));
    assert_committed(&run.commit(change(EventKind::FrameReassigned, vec![moved])));
    let after = venue.frames().remove(0);
    assert_eq!(
        venue.photos(),
        ["photos/k7qa-s1 法学院/0004_20210004/k7qa-000001.JPG"]
    );
    assert_eq!(says(&venue, &after).student, Some(student(4).number));
    assert_eq!(says(&venue, &after).serial, Some(Serial(4)));
    assert_eq!(
        tag::image_data(&image(&after)).unwrap(),
        tag::image_data(&image_before).unwrap()
    );
    let (old, new) = (&before.files[0], &after.files[0]);
    assert_eq!(old.original_sha256, new.original_sha256);
    assert_eq!(old.source, new.source);
    assert_ne!(old.sha256, new.sha256);
    venue.assert_in_order();
}

#[test]
fn a_serial_bound_later_gives_its_frames_their_student() {
    let mut venue = Venue::new();
    venue.options.name_in_tag = true;
    let mut run = venue.open();
    assert_committed(&run.commit(opened(1)));
    let unbound = Frame {
        student: None,
        ..frame(1, Some(3))
    };
    stored(&venue, &mut run, &unbound);
    let rows = vec![
        Row::Frame(Box::new(frame(1, Some(3)))),
        entry(3, Some(student(3))),
    ];
    assert_committed(&run.commit(change(EventKind::Bound, rows)));
    let after = venue.frames().remove(0);
    assert_eq!(says(&venue, &after).name.as_deref(), Some("学生3"));
    assert!(after.files[0].path.contains("0003_20210003"));
    venue.assert_in_order();
}

#[test]
fn a_session_keeps_its_folder_whatever_it_is_called_later() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    stored(&venue, &mut run, &frame(1, Some(1)));
    let mut renamed = opened(5);
    if let Row::Session(session) = &mut renamed.rows[0] {
        session.name = "Law".to_owned();
    }
    assert_committed(&run.commit(renamed));
    stored(&venue, &mut run, &frame(2, Some(1)));
    let second = venue.frames().remove(1);
    assert!(
        second.files[0]
            .path
            .starts_with("photos/k7qa-s1 法学院/0001")
    );
    assert_eq!(says(&venue, &second).session_name.as_deref(), Some("Law"));
}

#[test]
fn two_serials_swap_their_frames_and_back() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    stored(&venue, &mut run, &frame(1, Some(1)));
    stored(&venue, &mut run, &frame(2, Some(2)));
    let before = venue.frames();
    for (first, second) in [(2, 1), (1, 2)] {
        let rows = [(1, first), (2, second)]
            .map(|(n, serial)| Row::Frame(Box::new(frame(n, Some(serial)))));
        assert_committed(&run.commit(change(EventKind::Swapped, rows.into())));
        let owners: Vec<_> = venue.frames().iter().map(|f| f.serial).collect();
        assert_eq!(owners, [Some(Serial(first)), Some(Serial(second))]);
        venue.assert_in_order();
    }
    let paths = |frames: &[Frame]| {
        frames
            .iter()
            .map(|f| f.files[0].path.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(&venue.frames()), paths(&before));
}

#[test]
fn a_damaged_photo_is_not_given_a_new_hash_by_moving_it() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    stored(&venue, &mut run, &frame(1, Some(1)));
    let path = venue.data().join(venue.photos().remove(0));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() - 20;
    bytes[middle] ^= 0x11;
    std::fs::write(&path, &bytes).unwrap();
    let moved = Row::Frame(Box::new(frame(1, Some(2))));
    let done = run.commit(change(EventKind::FrameReassigned, vec![moved]));
    assert!(
        matches!(&done, Done::Failed { message, .. } if message.contains("archive verify")),
        "{done:?}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn what_is_granted_and_compared_survives_a_restart() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    stored(&venue, &mut run, &frame(1, Some(1)));
    stored(&venue, &mut run, &frame(2, Some(2)));
    let signature = Signature {
        brightest: 0.812_345,
        background: Some(1.0 / 3.0),
        cells: vec![Some(200), None],
        ..Signature::default()
    };
    let report = |id: FrameId, json| Row::Report {
        frame: id,
        report: json,
    };
    let rows = vec![
        report(
            frame(1, None).id,
            serde_json::json!({"signature": signature}),
        ),
        // As an earlier version wrote it.
        report(frame(2, None).id, serde_json::json!({"standard": "x"})),
        Row::Lowered {
            session: session(),
            reasons: vec!["shine".to_owned(), "yaw".to_owned()],
        },
    ];
    assert_committed(&run.commit(change(EventKind::ReasonLowered, rows)));
    let known = venue.reader().signatures(Some(&session()), None);
    assert_eq!(known.unwrap(), [(frame(1, None).id, signature)]);
    drop(run);
    let run = venue.open();
    assert_eq!(run.snapshot.lowered, ["shine", "yaw"]);
    let reference = run.snapshot.session.unwrap().reference;
    assert_eq!(reference, Some(FrameId("k7qa-000009".to_owned())));
    let first = &run.snapshot.entries[0];
    assert_eq!(first.waived, ["ears-covered"]);
    assert!(first.is_excused("head-covered") && !first.is_excused("shine"));
}

#[test]
fn a_judgement_moves_nothing() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    stored(&venue, &mut run, &frame(1, Some(1)));
    let before = venue.frames().remove(0).files;
    let judged = Frame {
        verdict: Some(Verdict::Pass),
        ..frame(1, Some(1))
    };
    let report = Row::Report {
        frame: judged.id.clone(),
        report: serde_json::json!({"standard": "x"}),
    };
    let rows = vec![Row::Frame(Box::new(judged.clone())), report];
    assert_committed(&run.commit(change(EventKind::FrameJudged, rows)));
    let (frame, report) = venue.reader().frame(&judged.id).unwrap().unwrap();
    assert_eq!(frame.verdict, Some(Verdict::Pass));
    assert_eq!(frame.files, before);
    assert_eq!(report, Some(serde_json::json!({"standard": "x"})));
}
