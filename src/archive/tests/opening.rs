//! Opening: one daemon a folder, old and new databases, cloned cards, and what the station starts from.

use super::*;
use crate::archive::{Notice, schema};

#[test]
fn two_archives_do_not_share_a_folder() {
    let venue = Venue::new();
    let run = venue.open();
    let error = venue
        .try_open(venue.options.clone())
        .map(|_| ())
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&format!("pid {}", std::process::id())),
        "{text}"
    );
    assert!(text.contains(venue.data().to_str().unwrap()), "{text}");
    drop(run);
    venue.open();
}

#[test]
fn a_missing_folder_is_not_made_up() {
    let venue = Venue::new();
    let data = venue.folder.path().join("not-mounted/data");
    let options = Options {
        data: data.clone(),
        ..venue.options.clone()
    };
    let error = venue.try_open(options).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("mount its disk"), "{error}");
    assert!(!data.parent().unwrap().exists());
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let venue = Venue::new();
    drop(venue.open());
    let path = venue.data().join("shutterline.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let before = std::fs::read(&path).unwrap();
    let error = venue
        .try_open(venue.options.clone())
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("schema 99"), "{error}");
    assert!(Reader::open(venue.data()).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_database_that_is_none_is_told_so() {
    let venue = Venue::new();
    std::fs::create_dir(venue.data()).unwrap();
    std::fs::write(
        venue.data().join("shutterline.db"),
        b"not a database, but long enough to look at".repeat(50),
    )
    .unwrap();
    let error = venue
        .try_open(venue.options.clone())
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(error, ArchiveError::Corrupt { .. }), "{error}");
    assert!(
        error.to_string().contains("restore the last backup"),
        "{error}"
    );
}

#[test]
fn a_database_locked_by_another_program_is_told_so() {
    let venue = Venue::new();
    drop(venue.open());
    let other = rusqlite::Connection::open(venue.data().join("shutterline.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = venue
        .try_open(venue.options.clone())
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("close the program"), "{error}");
    drop(other);
    venue.open();
}

/// Everything the schema consists of.
fn schema_of(path: &Path) -> Vec<(String, String)> {
    let db = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT name, ifnull(sql, '') FROM sqlite_schema ORDER BY name";
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_migrated_database_equals_a_fresh_one() {
    let fresh = Venue::new();
    drop(fresh.open());
    for version in 1..schema::VERSION {
        let old = Venue::new();
        std::fs::create_dir(old.data()).unwrap();
        let path = old.data().join("shutterline.db");
        let db = schema::open_up_to(&path, version).unwrap();
        db.execute_batch(
            "INSERT INTO station (id, station, next_frame) VALUES (1, 'k7qa', 7);
             INSERT INTO session (id, name, folder, state, opened_at_ms) VALUES ('k7qa-s1', 'Law', 'k7qa-s1 Law', 'open', 0);
             INSERT INTO entry (session, serial, student_number, student_name, state, recall_order)
                VALUES ('k7qa-s1', 1, '2021', 'x', 'waiting', 0);",
        )
        .unwrap();
        let before = schema_of(&path);
        drop(db);
        let run = old.open();
        assert_eq!(run.snapshot.next_frame, 7);
        assert_eq!(run.snapshot.entries.len(), 1);
        drop(run);
        // The program that wrote it could go on with the copy.
        let copy = old.data().join(format!("shutterline.db.schema-{version}"));
        assert_eq!(schema_of(&copy), before, "the copy from {version}");
        let db = schema::open_up_to(&copy, version).unwrap();
        let next: i64 = db
            .query_row("SELECT next_frame FROM station", [], |row| row.get(0))
            .unwrap();
        assert_eq!(next, 7);
        drop(db);
        let of_fresh = schema_of(&fresh.data().join("shutterline.db"));
        assert_eq!(schema_of(&path), of_fresh, "from {version}");
    }
}

/// Every row of the outbox as schema 4 had it, a line each.
fn outbox_of(db: &rusqlite::Connection) -> Vec<String> {
    let sql = "SELECT id || ' ' || file || ' ' || destination || ' ' || key || ' ' || sha256 || ' ' || size_bytes || ' ' || state
        || ' ' || quote(replaces) || ' ' || attempts || ' ' || next_at_ms || ' ' || quote(last_error) || ' ' || quote(verified_by)
        || ' ' || quote(sent_at_ms) || ' ' || begun FROM outbox ORDER BY id";
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn an_outbox_of_schema_4_is_kept_whole_and_gets_its_turns() {
    const STATES: [&str; 8] = [
        "pending",
        "parked",
        "sent",
        "superseded",
        "replaced",
        "removing",
        "removing-parked",
        "removed",
    ];
    let old = Venue::new();
    std::fs::create_dir(old.data()).unwrap();
    let path = old.data().join("shutterline.db");
    let db = schema::open_up_to(&path, 4).unwrap();
    let hash = "0".repeat(64);
    db.execute_batch(&format!(
        "INSERT INTO station (id, station, next_frame) VALUES (1, 'k7qa', 7);
         INSERT INTO session (id, name, folder, state, opened_at_ms) VALUES ('k7qa-s12', 'Law', 'k7qa-s12 Law', 'open', 0);
         INSERT INTO session (id, name, folder, state, opened_at_ms) VALUES ('of another form', '', 'x', 'closed', 0);
         INSERT INTO entry (session, serial, student_number, student_name, state, recall_order)
            VALUES ('k7qa-s12', 1, '2021', 'x', 'waiting', 0), ('of another form', 1, '2021', 'x', 'waiting', 0);
         INSERT INTO frame VALUES ('k7qa-000001', 'k7qa-s12', 1, '2021', NULL, 'pedal', 'kept', 0, 0, 'pass', '[]', '[]', 77, 1);
         INSERT INTO frame VALUES ('k7qa-000002', 'of another form', 1, '2021', NULL, 'pedal', 'kept', 0, 0, 'pass', '[]', '[]', 78, 1);
         INSERT INTO file VALUES (1, 'k7qa-000001', 'jpeg', 'photos/a.JPG', '{hash}', '{hash}', 10, 'c', 'o', 'f', 'n', 10, 0);
         INSERT INTO file VALUES (2, 'k7qa-000002', 'raw', 'photos/a.NEF', '{hash}', '{hash}', 10, 'c', 'o', 'f', 'n', 10, 0);
         INSERT INTO destination VALUES ('office', 1), ('former', 0);"
    ))
    .unwrap();
    for (n, state) in STATES.iter().enumerate() {
        let there = matches!(*state, "sent" | "replaced" | "removed");
        let proof = if there {
            "'read-back', 5"
        } else {
            "NULL, NULL"
        };
        db.execute_batch(&format!(
            "INSERT INTO outbox (id, file, destination, key, sha256, size_bytes, state, replaces, attempts, next_at_ms, last_error,
                verified_by, sent_at_ms, begun)
             VALUES ({}, {}, '{}', 'k{n}', '{hash}', 10, '{state}', 'r{n}', {n}, {n}, 'why {n}', {proof}, {})",
            n * 10 + 1,
            n % 2 + 1,
            if n < 6 { "office" } else { "former" },
            n % 2,
        ))
        .unwrap();
    }
    db.execute_batch("INSERT INTO outbox SELECT 200, file, destination, 'gone', sha256, 1, 'superseded', NULL, 0, 0, NULL, NULL, NULL, 0 FROM outbox WHERE id = 1;
        DELETE FROM outbox WHERE id = 200;").unwrap();
    let before = outbox_of(&db);
    assert_eq!(before.len(), STATES.len());
    drop(db);

    let db = schema::open(&path).unwrap();
    assert_eq!(outbox_of(&db), before);
    let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(
        one("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'"),
        200
    );
    assert_eq!(
        one("SELECT count(*) FROM sqlite_sequence WHERE name LIKE 'outbox%'"),
        1
    );
    let session = (1_i64 << 32) - 1;
    assert_eq!(
        one("SELECT turn FROM outbox WHERE id = 1"),
        (1 << 40) + session - 12
    );
    assert_eq!(
        one("SELECT turn FROM outbox WHERE id = 11"),
        (2 << 40) + session
    );
    assert_eq!(one("SELECT taken_at_ms FROM outbox WHERE id = 11"), 78);
    assert_eq!(
        one("SELECT count(*) FROM outbox WHERE receipt IS NOT NULL OR counts_from_ms IS NOT NULL"),
        0
    );
    assert_eq!(one("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    let integrity: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(integrity, "ok");
    // Still held to what it refers to, and to the words of its states.
    for (column, value) in [
        ("file", "99"),
        ("destination", "'nobody'"),
        ("state", "'lost'"),
    ] {
        let sql = format!("UPDATE outbox SET {column} = {value} WHERE id = 1");
        assert!(db.execute(&sql, []).is_err(), "{column}");
    }
}

#[test]
fn without_a_copy_nothing_is_migrated() {
    let old = Venue::new();
    std::fs::create_dir(old.data()).unwrap();
    let path = old.data().join("shutterline.db");
    drop(schema::open_up_to(&path, 1).unwrap());
    // A folder of that name that is not empty can be neither removed nor written over.
    let in_the_way = old.data().join("shutterline.db.schema-1.partial/x");
    std::fs::create_dir_all(&in_the_way).unwrap();
    let error = old.try_open(old.options.clone()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("schema-1.partial"), "{error}");
    let db = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 1);
}

#[test]
fn every_column_is_explained() {
    for sql in [
        include_str!("../migrations/001.sql"),
        include_str!("../migrations/002.sql"),
        include_str!("../migrations/003.sql"),
        include_str!("../migrations/004.sql"),
        include_str!("../migrations/005.sql"),
        include_str!("../migrations/006.sql"),
    ] {
        let mut before = "";
        for line in sql.lines() {
            let column = line.starts_with("    ")
                && line
                    .trim_start()
                    .starts_with(|c: char| c.is_ascii_lowercase());
            let inside = [" TEXT", " INTEGER"].iter().any(|t| line.contains(t));
            if column && inside {
                assert!(before.trim_start().starts_with("--"), "{line}");
            }
            before = line;
        }
    }
}

#[test]
fn a_station_keeps_its_id_and_a_cloned_card_draws_another() {
    let venue = Venue::new();
    let first = venue.open().archive.station().clone();
    assert!(
        first.as_str().len() == 4
            && first
                .as_str()
                .chars()
                .all(|c| matches!(c, 'a'..='z' | '2'..='7'))
    );
    assert_eq!(*venue.open().archive.station(), first);
    let ground = Ground {
        machine_id: Some("another".to_owned()),
        ..venue.ground()
    };
    let done = Box::new(|_| ());
    let (archive, snapshot) = Archive::open_on(ground, venue.options.clone(), done).unwrap();
    let new = archive.station().clone();
    assert_ne!(new, first);
    assert_eq!(snapshot.station, new);
    assert_eq!(archive.notices(), [Notice::NewStation { old: first, new }]);
}

#[test]
fn downloads_of_earlier_runs_stay_until_the_card_was_listed() {
    let venue = Venue::new();
    let id = frame(1, None).id;
    let run = venue.open();
    let old = run.archive.incoming_path(&id, "DSC_0001.JPG");
    assert_ne!(old, run.archive.incoming_path(&id, "DSC_0001.JPG"));
    std::fs::write(&old, b"x").unwrap();
    drop(run);
    let run = venue.open();
    let new = run.archive.incoming_path(&id, "DSC_0001.JPG");
    assert_ne!(old.parent(), new.parent());
    assert!(old.exists());
    assert_eq!(run.archive.forget_old_incoming().unwrap(), 1);
    assert!(!old.exists() && new.parent().unwrap().is_dir());
}

fn request(id: u64, outcome: Option<RequestOutcome>, files: Vec<CameraFileKey>) -> Row {
    Row::Request(RequestState {
        request: ShutterRequest {
            id: RequestId(id),
            session: Some(session()),
            serial: Some(Serial(1)),
            student: Some(student(1).number),
            purpose: Purpose::Portrait,
            at: stamp(),
        },
        outcome,
        files,
    })
}

#[test]
fn the_station_starts_from_what_was_committed() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_eq!(
        (
            run.snapshot.next_session,
            run.snapshot.next_frame,
            run.snapshot.next_request
        ),
        (1, 1, 1)
    );
    let roster = Row::PendingRoster(vec![student(9), student(8)]);
    assert_committed(&run.commit(change(EventKind::RosterImported, vec![roster])));
    assert_committed(&run.commit(opened(5)));
    let shot = frame(4, Some(1));
    let download = venue.download(&run, &shot.id, "DSC_0001.JPG", &jpeg(1));
    let here = download.1.key.clone();
    let lost = CameraFileKey {
        name: "DSC_0002.JPG".to_owned(),
        ..here.clone()
    };
    let filed = Some(RequestOutcome::Filed);
    let rows = vec![
        request(1, filed, vec![here]),
        request(2, filed, vec![lost.clone()]),
        request(3, None, vec![]),
        request(4, Some(RequestOutcome::Refused), vec![]),
        Row::Paused(true),
    ];
    assert_committed(&run.commit(change(EventKind::RequestClosed, rows)));
    assert_committed(&run.store(&shot, download));
    for (kind, detail) in [
        (
            EventKind::Shifted,
            serde_json::json!({"before": [1], "after": [2]}),
        ),
        (
            EventKind::Swapped,
            serde_json::json!({"before": [3], "after": [4]}),
        ),
        (
            EventKind::CorrectionUndone,
            serde_json::json!({"before": [4], "after": [3]}),
        ),
    ] {
        let change = Change {
            session: Some(session()),
            detail,
            ..change(kind, vec![])
        };
        assert_committed(&run.commit(change));
    }
    drop(run);
    let snapshot = venue.open().snapshot;
    assert_eq!(snapshot.session.unwrap().id, session());
    assert_eq!(snapshot.entries.len(), 5);
    assert_eq!(snapshot.frames, [shot]);
    let open: Vec<_> = snapshot
        .open_requests
        .iter()
        .map(|r| (r.request.id.0, r.files.clone()))
        .collect();
    assert_eq!(open, [(2, vec![lost]), (3, vec![])]);
    assert_eq!(snapshot.pending_roster, [student(9), student(8)]);
    assert_eq!(
        snapshot.corrections,
        [(
            EventKind::Shifted,
            serde_json::json!({"before": [1], "after": [2]})
        )]
    );
    assert!(snapshot.paused);
    assert_eq!(
        (
            snapshot.next_session,
            snapshot.next_frame,
            snapshot.next_request
        ),
        (2, 5, 5)
    );
}

#[test]
fn events_get_their_time_once_the_clock_is_trusted() {
    let venue = Venue::new();
    let mut run = venue.open();
    let early = Stamp {
        wall: WallMs(946_684_800_000),
        trusted: false,
        ..stamp()
    };
    assert_committed(&run.commit(Change {
        at: early,
        ..opened(1)
    }));
    let now = Stamp {
        mono: Millis(61_000),
        ..stamp()
    };
    assert_committed(&run.commit(Change {
        at: now.clone(),
        ..change(EventKind::ClockTrusted, vec![])
    }));
    let events = venue.reader().events(0, 9).unwrap();
    assert_eq!(
        events[0].at.wall,
        WallMs(946_684_800_000),
        "what the clock said stays"
    );
    assert_eq!(events[0].reckoned_wall, Some(WallMs(now.wall.0 - 60_000)));
    assert_eq!(events[1].reckoned_wall, None);
}

#[test]
fn adopted_settings_keep_their_order() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(1)));
    let settings = vec![
        ("f-number".to_owned(), "f/8".to_owned()),
        ("capturetarget".to_owned(), "Memory card".to_owned()),
    ];
    let row = Row::AdoptedSettings {
        session: session(),
        settings: settings.clone(),
    };
    assert_committed(&run.commit(change(EventKind::ProfileAdopted, vec![row.clone()])));
    assert_committed(&run.commit(change(EventKind::ProfileAdopted, vec![row])));
    assert_eq!(
        venue.reader().adopted_settings(&session()).unwrap(),
        settings
    );
}

#[test]
fn who_sat_before_whom_is_read_from_the_events() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let step = |left, first_frame| ChairStep {
        left: Some(Serial(left)),
        first_frame,
    };
    let trails = [
        vec![step(1, 4)],
        vec![step(1, 4), step(5, 6)],
        vec![step(1, 4)],
        vec![step(1, 4), step(2, 9)],
    ];
    let mut before = Vec::new();
    for trail in &trails {
        let mut moved = change(EventKind::Advanced, Vec::new());
        moved.session = Some(session());
        moved.detail = serde_json::json!({ "trail": ChairStep::note(&before, trail) });
        assert_committed(&run.commit(moved));
        before.clone_from(trail);
    }
    // An event that does not move the chair says nothing about it.
    let mut held = change(EventKind::Held, Vec::new());
    held.session = Some(session());
    assert_committed(&run.commit(held));
    drop(run);
    assert_eq!(venue.open().snapshot.trail, trails[3]);
}

#[test]
fn a_reference_shot_waits_for_its_session_over_a_restart() {
    let venue = Venue::new();
    let mut run = venue.open();
    let mut taken = change(EventKind::ReferenceTaken, Vec::new());
    taken.frame = Some(FrameId("k7qa-000001".into()));
    assert_committed(&run.commit(taken));
    drop(run);
    let mut run = venue.open();
    let waiting = run.snapshot.waiting_reference.clone();
    assert_eq!(waiting, Some(FrameId("k7qa-000001".into())));
    assert_committed(&run.commit(opened(5)));
    let mut rows = opened(5).rows;
    rows.truncate(1);
    if let Some(Row::Session(session)) = rows.first_mut() {
        session.state = SessionState::Closed;
    }
    assert_committed(&run.commit(change(EventKind::SessionClosed, rows)));
    drop(run);
    assert_eq!(venue.open().snapshot.waiting_reference, None);
}
