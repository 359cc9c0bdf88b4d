//! I2, I3: the process ends at every named step, and starts again.

use super::*;
use crate::archive::CrashPoint;

pub(super) fn quiet_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>() != Some(&"drill") {
                usual(info);
            }
        }));
    });
}

/// The steps of a store, and whether the frame is durable there.
const STORE: [(CrashPoint, bool); 8] = [
    (CrashPoint::BeforeTemp, false),
    (CrashPoint::AfterTempWrite, false),
    (CrashPoint::AfterTempFsync, false),
    (CrashPoint::AfterRename, false),
    (CrashPoint::AfterDirFsync, false),
    (CrashPoint::BeforeCommit, false),
    (CrashPoint::AfterCommit, true),
    (CrashPoint::AfterUnlink, true),
];

#[test]
fn a_store_is_whole_or_not_at_all_and_the_download_outlives_it() {
    quiet_panics();
    for (point, durable) in STORE {
        let venue = Venue::new();
        let mut run = venue.open();
        assert_committed(&run.commit(opened(5)));
        drop(run);

        let run = venue
            .try_open(Options {
                crash_at: Some(point),
                ..venue.options.clone()
            })
            .unwrap();
        let first = frame(1, Some(1));
        let (incoming, file) = venue.download(&run, &first.id, "DSC_0001.JPG", &jpeg(1));
        run.archive
            .submit(Job::Store {
                id: JobId(1),
                frame: Box::new(first.clone()),
                file: Box::new(file.clone()),
                incoming: incoming.clone(),
                change: Box::new(change(EventKind::FrameStored, vec![])),
            })
            .unwrap();
        assert!(run.crashed(), "{point}");
        drop(run);

        let mut run = venue.open();
        let frames = venue.frames();
        assert_eq!(frames.len(), usize::from(durable), "{point}");
        assert_eq!(run.snapshot.frames.len(), frames.len(), "{point}");
        assert!(
            durable || incoming.exists(),
            "{point}: the download is still there"
        );
        venue.assert_in_order();
        let found = venue
            .photos()
            .iter()
            .filter(|p| p.starts_with("found/"))
            .count();
        let renamed = matches!(
            point,
            CrashPoint::AfterRename | CrashPoint::AfterDirFsync | CrashPoint::BeforeCommit
        );
        assert_eq!(found, usize::from(renamed), "{point}");
        assert_eq!(run.archive.notices().len(), found, "{point}");
        if !durable {
            assert_committed(&run.store(&first, (incoming, file)));
        }
        assert_eq!(venue.frames().len(), 1, "{point}");
        venue.assert_in_order();
    }
}

#[test]
fn a_correction_is_whole_or_not_at_all() {
    quiet_panics();
    let points = [
        (CrashPoint::AfterJournal, false),
        (CrashPoint::AfterTempWrite, false),
        (CrashPoint::AfterRename, false),
        (CrashPoint::AfterNewFile, false),
        (CrashPoint::BeforeCommit, false),
        (CrashPoint::AfterCommit, true),
        (CrashPoint::AfterSwap, true),
        (CrashPoint::AfterOldRemoved, true),
    ];
    for (point, durable) in points {
        let venue = Venue::new();
        let mut run = venue.open();
        assert_committed(&run.commit(opened(5)));
        for number in 1..=3 {
            let frame = frame(number, Some(number as u32));
            for name in ["DSC_0001.JPG", "DSC_0001.NEF"] {
                let download = venue.download(&run, &frame.id, name, &jpeg(number as u8));
                assert_committed(&run.store(&frame, download));
            }
        }
        drop(run);
        let before = venue.frames();
        let shifted: Vec<Frame> = (1..=3).map(|n| frame(n, Some(n as u32 + 1))).collect();
        let rows = shifted
            .iter()
            .map(|f| Row::Frame(Box::new(f.clone())))
            .collect();

        let mut run = venue
            .try_open(Options {
                crash_at: Some(point),
                ..venue.options.clone()
            })
            .unwrap();
        run.submit(change(EventKind::Shifted, rows));
        assert!(run.crashed(), "{point}");
        drop(run);

        let run = venue.open();
        let after = venue.frames();
        let owners: Vec<_> = after.iter().map(|f| f.serial.unwrap().0).collect();
        assert_eq!(
            owners,
            if durable { [2, 3, 4] } else { [1, 2, 3] },
            "{point}"
        );
        if !durable {
            assert_eq!(after, before, "{point}: as if it had not been asked");
        }
        venue.assert_in_order();
        assert_eq!(venue.photos().len(), 9, "{point}");
        assert!(!venue.data().join("found").exists(), "{point}");
        assert!(!run.archive.notices().is_empty(), "{point}");
    }
}
