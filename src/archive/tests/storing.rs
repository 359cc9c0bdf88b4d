//! I2, I3, I7, I9: what becomes of a download.

use super::*;
use crate::archive::JobFailure;
use crate::tag;

#[test]
fn a_jpeg_is_tagged_and_its_image_untouched() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let frame = frame(1, Some(2));
    let bytes = jpeg(9);
    let download = venue.download(&run, &frame.id, "DSC_0001.JPG", &bytes);
    let incoming = download.0.clone();
    assert_committed(&run.store(&frame, download));
    assert!(
        !incoming.exists(),
        "the download is removed after the commit"
    );

    let stored = venue.frames().remove(0);
    let [file] = &stored.files[..] else {
        panic!("{stored:?}")
    };
    assert_eq!(
        file.path,
        "photos/k7qa-s1 法学院/0002_20210002/k7qa-000001.JPG"
    );
    let on_disk = std::fs::read(venue.data().join(&file.path)).unwrap();
    assert_eq!(digest(&on_disk), (file.sha256.clone(), file.size_bytes));
    assert_eq!(file.original_sha256, Some(digest(&bytes).0));
    assert_eq!(
        tag::image_data(&on_disk).unwrap(),
        tag::image_data(&bytes).unwrap()
    );
    let says = tag::read_tag(&on_disk).unwrap();
    assert_eq!(says.student, frame.student);
    assert_eq!(says.name, None, "names only where the config allows it");
    let events = venue.reader().events(0, 100).unwrap();
    let kinds: Vec<_> = events.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::SessionOpened, EventKind::FrameStored]);
    venue.assert_in_order();
}

#[test]
fn the_name_goes_into_the_tag_where_the_config_allows_it_and_never_into_a_path() {
    let mut venue = Venue::new();
    venue.options.name_in_tag = true;
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let frame = frame(1, Some(2));
    let download = venue.download(&run, &frame.id, "DSC_0001.JPG", &jpeg(1));
    assert_committed(&run.store(&frame, download));
    let path = venue.photos().remove(0);
    assert!(!path.contains("学生"), "{path}");
    let says = tag::read_tag(&std::fs::read(venue.data().join(path)).unwrap()).unwrap();
    assert_eq!(says.name.as_deref(), Some("学生2"));
}

#[test]
fn what_takes_no_tag_is_stored_byte_for_byte() {
    let whole = jpeg(3);
    let cases: [(&str, &[u8]); 3] = [
        ("cut short", &whole[..whole.len() / 3]),
        ("empty", b""),
        ("no JPEG", b"GIF89a and so on"),
    ];
    for (what, bytes) in cases {
        let venue = Venue::new();
        let mut run = venue.open();
        assert_committed(&run.commit(opened(5)));
        let frame = frame(1, Some(1));
        let download = venue.download(&run, &frame.id, "DSC_0001.JPG", bytes);
        assert_committed(&run.store(&frame, download));
        let stored = venue.frames().remove(0);
        let file = stored.main_file().unwrap();
        let on_disk = std::fs::read(venue.data().join(&file.path)).unwrap();
        let untouched = on_disk == bytes;
        let tagged = tag::read_tag(&on_disk).is_some();
        assert!(untouched || tagged, "{what}: neither as it came nor tagged");
        assert_eq!(file.original_sha256, Some(digest(bytes).0), "{what}");
        let sidecar = stored.files.iter().any(|f| f.role == FileRole::Sidecar);
        assert_eq!(sidecar, untouched, "{what}: its tag lies beside it");
        venue.assert_in_order();
    }
}

#[test]
fn a_raw_and_its_jpeg_are_one_frame() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let frame = frame(1, Some(1));
    let raw = b"raw bytes".repeat(1000);
    for (name, bytes) in [("DSC_0001.NEF", raw.clone()), ("DSC_0001.JPG", jpeg(1))] {
        let download = venue.download(&run, &frame.id, name, &bytes);
        assert_committed(&run.store(&frame, download));
    }
    let stored = venue.frames();
    assert_eq!(stored.len(), 1);
    let mut names: Vec<_> = stored[0]
        .files
        .iter()
        .map(|f| (f.role, f.path.rsplit('/').next()))
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            (FileRole::Jpeg, Some("k7qa-000001.JPG")),
            (FileRole::Raw, Some("k7qa-000001.NEF")),
            (FileRole::Sidecar, Some("k7qa-000001.xmp")),
        ]
    );
    let raw_path = stored[0]
        .files
        .iter()
        .find(|f| f.role == FileRole::Raw)
        .unwrap();
    assert_eq!(
        std::fs::read(venue.data().join(&raw_path.path)).unwrap(),
        raw
    );
    venue.assert_in_order();
}

#[test]
fn equal_bytes_and_equal_names_stay_two_frames() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    for number in 1..=2 {
        let frame = frame(number, Some(1));
        let download = venue.download(&run, &frame.id, "DSC_0001.JPG", &jpeg(1));
        assert_committed(&run.store(&frame, download));
    }
    assert_eq!(venue.frames().len(), 2);
    let known = venue.reader().known_camera_files("3012345").unwrap();
    assert_eq!(known.len(), 2);
    venue.assert_in_order();
}

#[test]
fn bytes_other_than_those_received_are_refused() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    for name in ["DSC_0001.JPG", "DSC_0001.NEF"] {
        let frame = frame(1, Some(1));
        for longer in [false, true] {
            let (path, file) = venue.download(&run, &frame.id, name, &jpeg(1));
            let mut other = jpeg(1);
            if longer {
                other.push(0);
            } else {
                other[100] ^= 1;
            }
            std::fs::write(&path, other).unwrap();
            let done = run.store(&frame, (path.clone(), file));
            let Done::Failed {
                failure, message, ..
            } = done
            else {
                panic!("{done:?}")
            };
            assert_eq!(failure, JobFailure::Broken);
            assert!(message.contains("k7qa-000001"), "{message}");
            assert!(path.exists(), "the download stays");
        }
    }
    assert_eq!(venue.photos(), [] as [&str; 0]);
    assert_eq!(venue.frames(), []);
}

#[test]
fn frames_without_an_owner_lie_apart() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(1)));
    let set_aside = frame(1, None);
    let outside = Frame {
        session: None,
        ..frame(2, None)
    };
    let test = Frame {
        state: FrameState::Test,
        ..frame(3, None)
    };
    let unbound = Frame {
        student: None,
        ..frame(4, Some(3))
    };
    for frame in [&set_aside, &outside, &test, &unbound] {
        let download = venue.download(&run, &frame.id, "DSC_0001.JPG", &jpeg(1));
        assert_committed(&run.store(frame, download));
    }
    assert_eq!(
        venue.photos(),
        [
            "photos/k7qa-s1 法学院/0003_unbound/k7qa-000004.JPG",
            "photos/k7qa-s1 法学院/set-aside/k7qa-000001.JPG",
            "photos/k7qa-s1 法学院/test/k7qa-000003.JPG",
            "photos/no-session/set-aside/k7qa-000002.JPG",
        ]
    );
    let filter = super::super::FrameFilter {
        session: Some(session()),
        set_aside: true,
        serial: None,
    };
    let ids: Vec<_> = venue
        .reader()
        .frames(filter)
        .unwrap()
        .into_iter()
        .map(|f| f.id)
        .collect();
    assert_eq!(ids, [set_aside.id, outside.id]);
}

#[test]
fn serials_are_issued_without_gaps() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let done = run.commit(change(EventKind::Bound, vec![entry(7, None)]));
    assert!(matches!(done, Done::Failed { .. }), "{done:?}");
    assert_committed(&run.commit(change(EventKind::Bound, vec![entry(6, None)])));
    assert_eq!(venue.reader().entries(&session()).unwrap().len(), 6);
    assert_eq!(
        venue.reader().events(0, 9).unwrap().len(),
        2,
        "a failed change leaves no event"
    );
}
