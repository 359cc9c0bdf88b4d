-- Schema 1. References are looked at when a change commits, so its rows may come in any order. Times: `*_ms` of the wall clock are milliseconds since 1970-01-01T00:00:00Z, which may be wrong
-- (these boards have no clock battery); `mono_ms` are milliseconds of the boot-time clock of the boot beside them.

-- The station itself: exactly one row.
CREATE TABLE station (
    -- Always 1.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Four characters of a-z2-7, drawn at first start, drawn again on a cloned card.
    station TEXT NOT NULL CHECK (length(station) = 4 AND station NOT GLOB '*[^a-z2-7]*'),
    -- SHA-256 of /etc/machine-id in lower-case hexadecimal; null where the machine has none.
    machine_sha256 TEXT CHECK (length(machine_sha256) = 64),
    -- 1 while the station is paused, else 0.
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    -- Number of the next session, from 1; never goes back.
    next_session INTEGER NOT NULL DEFAULT 1 CHECK (next_session >= 1),
    -- Number of the next frame, from 1; never goes back.
    next_frame INTEGER NOT NULL DEFAULT 1 CHECK (next_frame >= 1),
    -- Number of the next shutter request, from 1; never goes back.
    next_request INTEGER NOT NULL DEFAULT 1 CHECK (next_request >= 1),
    -- The last event when the photo folders were last compared with the rows; 0 before the first time.
    reconciled_seq INTEGER NOT NULL DEFAULT 0 CHECK (reconciled_seq >= 0)
) STRICT;

-- One booking (拍摄场次).
CREATE TABLE session (
    -- '<station>-s<number>'.
    id TEXT PRIMARY KEY CHECK (length(id) > 0),
    -- What people call it; may be empty.
    name TEXT NOT NULL,
    -- Folder under photos/; fixed at the first commit, whatever the name becomes.
    folder TEXT NOT NULL UNIQUE CHECK (length(folder) > 0 AND instr(folder, '/') = 0),
    -- 'open' (the one that is shot now) or 'closed'.
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    -- Serial in the chair; null before the first and after the last.
    current INTEGER CHECK (current >= 1),
    -- Wall clock at opening, ms.
    opened_at_ms INTEGER NOT NULL
) STRICT;

-- A serial of a session's queue (拍摄序号). I6: issued once, in order, without gaps.
CREATE TABLE entry (
    -- Whose queue.
    session TEXT NOT NULL REFERENCES session (id) DEFERRABLE INITIALLY DEFERRED,
    -- 1, 2, 3 …
    serial INTEGER NOT NULL CHECK (serial >= 1),
    -- 学号; null for a paper number that is bound later.
    student_number TEXT CHECK (length(student_number) BETWEEN 1 AND 64),
    -- 姓名; null exactly when the number is.
    student_name TEXT CHECK ((student_name IS NULL) = (student_number IS NULL)),
    -- Where it stands.
    state TEXT NOT NULL CHECK (state IN
        ('waiting', 'seated', 'done', 'unfinished', 'held-absent', 'held-fix', 'recalled', 'absent')),
    -- Order among the recalled, ascending from 1; 0 when not recalled.
    recall_order INTEGER NOT NULL CHECK (recall_order >= 0),
    PRIMARY KEY (session, serial)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entry_leaves_no_gap BEFORE INSERT ON entry
WHEN NEW.serial > 1 AND NOT EXISTS
    (SELECT 1 FROM entry WHERE session = NEW.session AND serial = NEW.serial - 1)
BEGIN
    SELECT RAISE(ABORT, 'serials are issued in order without gaps (I6)');
END;

CREATE TRIGGER entry_is_never_taken_back BEFORE DELETE ON entry
BEGIN
    SELECT RAISE(ABORT, 'a serial is issued once (I6)');
END;

-- What was asked of the shutter, and what came of it.
CREATE TABLE request (
    -- The request's number, from 1.
    id INTEGER PRIMARY KEY CHECK (id >= 1),
    -- The session that was open; null for none.
    session TEXT REFERENCES session (id) DEFERRABLE INITIALLY DEFERRED,
    -- The serial in the chair at the edge; null for a test.
    serial INTEGER CHECK (serial >= 1),
    -- Its student then; null for a test or a serial not bound.
    student_number TEXT CHECK (length(student_number) BETWEEN 1 AND 64),
    -- 'portrait' or 'test'.
    purpose TEXT NOT NULL CHECK (purpose IN ('portrait', 'test')),
    -- The boot of mono_ms.
    boot TEXT NOT NULL,
    -- The pedal's edge by the boot-time clock, ms.
    mono_ms INTEGER NOT NULL CHECK (mono_ms >= 0),
    -- The pedal's edge by the wall clock, ms.
    wall_ms INTEGER NOT NULL,
    -- 1 if the wall clock was synchronised then, else 0.
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    -- How it closed; null while open.
    outcome TEXT CHECK (outcome IN ('filed', 'refused', 'expired'))
) STRICT;

-- The camera files observed as the answer to a request.
CREATE TABLE request_file (
    -- Which request.
    request INTEGER NOT NULL REFERENCES request (id) DEFERRABLE INITIALLY DEFERRED,
    -- 0, 1 … in the order they showed up.
    position INTEGER NOT NULL CHECK (position >= 0),
    -- The camera body's serial number; may be empty.
    camera TEXT NOT NULL,
    -- Which opening of the camera first showed it, '<boot>-<count>'.
    opening TEXT NOT NULL,
    -- Folder on the camera.
    folder TEXT NOT NULL,
    -- Name in that folder.
    name TEXT NOT NULL,
    -- Size as the camera says it, bytes.
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    -- Modification time by the camera's clock, seconds; 0 when unknown.
    modified_s INTEGER NOT NULL,
    PRIMARY KEY (request, position)
) STRICT, WITHOUT ROWID;

-- One release of the shutter.
CREATE TABLE frame (
    -- '<station>-<number>', its only identity (I3).
    id TEXT PRIMARY KEY CHECK (length(id) > 0),
    -- The session it was shot in; null when none was open.
    session TEXT REFERENCES session (id) DEFERRABLE INITIALLY DEFERRED,
    -- Whose; null when set aside or a test.
    serial INTEGER CHECK (serial >= 1),
    -- 学号; null as long as the serial has none.
    student_number TEXT CHECK (length(student_number) BETWEEN 1 AND 64),
    -- The request it answers; null if none. No foreign key: a photo is stored even if its request's row could not be.
    request INTEGER CHECK (request >= 1),
    -- What caused it.
    origin TEXT NOT NULL CHECK (origin IN ('pedal', 'camera-button', 'recovered')),
    -- What it is to the session.
    state TEXT NOT NULL CHECK (state IN ('kept', 'set-aside', 'discarded', 'test')),
    -- 1 if a human overruled the verdict, else 0.
    accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    -- 1 if another shot was asked for in its place, else 0.
    retaken INTEGER NOT NULL CHECK (retaken IN (0, 1)),
    -- Null until judged.
    verdict TEXT CHECK (verdict IN ('pass', 'warn', 'reject')),
    -- JSON array of {id, severity, zh, en}, worst first.
    reasons TEXT NOT NULL CHECK (json_valid(reasons)),
    -- JSON array of serials it may belong to, likeliest first.
    candidates TEXT NOT NULL CHECK (json_valid(candidates)),
    -- When the shutter fired, wall clock, ms.
    taken_at_ms INTEGER NOT NULL,
    -- 1 if the wall clock was synchronised then, else 0.
    taken_at_trusted INTEGER NOT NULL CHECK (taken_at_trusted IN (0, 1)),
    FOREIGN KEY (session, serial) REFERENCES entry (session, serial) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- A file of a frame. The row comes after the file is durable (I2).
CREATE TABLE file (
    -- Never used twice: the outbox and the journal name files by it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Which frame.
    frame TEXT NOT NULL REFERENCES frame (id) DEFERRABLE INITIALLY DEFERRED,
    -- What it is of the frame.
    role TEXT NOT NULL CHECK (role IN ('jpeg', 'raw', 'sidecar', 'other')),
    -- Relative to the data folder.
    path TEXT NOT NULL UNIQUE CHECK (path GLOB 'photos/?*'),
    -- Of the stored bytes, lower-case hexadecimal.
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- Of the bytes as the camera made them; null for a sidecar, which we made.
    original_sha256 TEXT CHECK (length(original_sha256) = 64),
    -- Of the stored bytes.
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    -- The camera body's serial number; null for a sidecar, like the columns below.
    camera TEXT CHECK ((camera IS NULL) = (role = 'sidecar')),
    -- Which opening of the camera first showed it.
    camera_opening TEXT CHECK ((camera_opening IS NULL) = (camera IS NULL)),
    -- Folder on the camera.
    camera_folder TEXT CHECK ((camera_folder IS NULL) = (camera IS NULL)),
    -- Name in that folder.
    camera_name TEXT CHECK ((camera_name IS NULL) = (camera IS NULL)),
    -- Size as the camera says it, bytes.
    camera_size_bytes INTEGER CHECK ((camera_size_bytes IS NULL) = (camera IS NULL)),
    -- Modification time by the camera's clock, seconds; 0 when unknown.
    camera_modified_s INTEGER CHECK ((camera_modified_s IS NULL) = (camera IS NULL))
) STRICT;

-- Moves begun and not finished (I2). Empty but for a power cut.
CREATE TABLE journal (
    -- In the order they were begun.
    id INTEGER PRIMARY KEY,
    -- Which file moves.
    file INTEGER NOT NULL REFERENCES file (id) DEFERRABLE INITIALLY DEFERRED,
    -- 'begun': the rows still name the old file. 'swapped': they name the new one, the old is to be removed.
    state TEXT NOT NULL CHECK (state IN ('begun', 'swapped')),
    -- Relative to the data folder.
    old_path TEXT NOT NULL CHECK (old_path GLOB 'photos/?*'),
    -- Relative to the data folder.
    new_path TEXT NOT NULL UNIQUE CHECK (new_path GLOB 'photos/?*' AND new_path <> old_path)
) STRICT;

-- The check's whole report of a frame.
CREATE TABLE report (
    -- Which frame.
    frame TEXT PRIMARY KEY REFERENCES frame (id) DEFERRABLE INITIALLY DEFERRED,
    -- A Report as JSON.
    report TEXT NOT NULL CHECK (json_valid(report))
) STRICT;

-- The roster waiting for the next session.
CREATE TABLE pending_roster (
    -- 0, 1 … in roster order.
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    -- 学号
    student_number TEXT NOT NULL UNIQUE CHECK (length(student_number) BETWEEN 1 AND 64),
    -- 姓名
    student_name TEXT NOT NULL
) STRICT;

-- Camera settings adopted for a session.
CREATE TABLE adopted_setting (
    -- For which session.
    session TEXT NOT NULL REFERENCES session (id) DEFERRABLE INITIALLY DEFERRED,
    -- 0, 1 … in the order they are applied.
    position INTEGER NOT NULL CHECK (position >= 0),
    -- libgphoto2's name.
    name TEXT NOT NULL,
    -- libgphoto2's value.
    value TEXT NOT NULL,
    PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID;

-- Everything that ever changed (I7). Rows are never removed.
CREATE TABLE event (
    -- Ascending, never used twice.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The boot of mono_ms.
    boot TEXT NOT NULL,
    -- When, by the boot-time clock, ms.
    mono_ms INTEGER NOT NULL CHECK (mono_ms >= 0),
    -- When, by the wall clock as it read then, ms.
    wall_ms INTEGER NOT NULL,
    -- 1 if the wall clock was synchronised then, else 0.
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    -- When, reckoned back once the wall clock of that boot became trusted, ms; null where it was trusted, or never was.
    reckoned_wall_ms INTEGER CHECK (reckoned_wall_ms IS NULL OR trusted = 0),
    -- Who caused it.
    who TEXT NOT NULL CHECK (who IN ('pedal', 'button', 'desk', 'technician', 'camera', 'station')),
    -- What: the words of EventKind.
    kind TEXT NOT NULL CHECK (length(kind) > 0),
    -- In which session; null if none.
    session TEXT,
    -- About which serial; null if not one.
    serial INTEGER CHECK (serial >= 1),
    -- About which frame; null if not one. No foreign key: an event may tell of a frame that was never stored.
    frame TEXT,
    -- More of it, JSON, without names.
    detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;

CREATE TRIGGER event_stays BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are never removed (I7)');
END;
