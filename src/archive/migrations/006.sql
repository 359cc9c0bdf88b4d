-- Schema 6: what the station makes of its frames (portraits, reports) and of a session (a manifest), and what of that is still to be made.

-- What manifests are called there, as of the last start.
ALTER TABLE destination ADD COLUMN manifest TEXT NOT NULL DEFAULT '{session}/manifest.{ext}' CHECK (length(manifest) > 0);

-- A CHECK cannot be altered: the table is made anew, with its rows and its counter; those that refer to it keep its name.
CREATE TABLE file_006 (
    -- Never used twice: the outbox and the journal name files by it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Which frame; null for a manifest.
    frame TEXT REFERENCES frame (id) DEFERRABLE INITIALLY DEFERRED,
    -- Of which session a manifest is; null for every other file.
    session TEXT REFERENCES session (id) DEFERRABLE INITIALLY DEFERRED,
    -- What it is of the frame, or of the session.
    role TEXT NOT NULL CHECK (role IN ('jpeg', 'raw', 'sidecar', 'other', 'portrait', 'report', 'manifest')),
    -- Relative to the data folder.
    path TEXT NOT NULL UNIQUE CHECK (path GLOB 'photos/?*'),
    -- Of the stored bytes, lower-case hexadecimal.
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- Of the bytes as the camera made them; null for what we made.
    original_sha256 TEXT CHECK (length(original_sha256) = 64),
    -- Of the stored bytes.
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    -- The camera body's serial number; null for what we made, like the columns below.
    camera TEXT CHECK ((camera IS NULL) = (role IN ('sidecar', 'portrait', 'report', 'manifest'))),
    -- Which opening of the camera first showed it.
    camera_opening TEXT CHECK ((camera_opening IS NULL) = (camera IS NULL)),
    -- Folder on the camera.
    camera_folder TEXT CHECK ((camera_folder IS NULL) = (camera IS NULL)),
    -- Name in that folder.
    camera_name TEXT CHECK ((camera_name IS NULL) = (camera IS NULL)),
    -- Size as the camera says it, bytes.
    camera_size_bytes INTEGER CHECK ((camera_size_bytes IS NULL) = (camera IS NULL)),
    -- Modification time by the camera's clock, seconds; 0 when unknown.
    camera_modified_s INTEGER CHECK ((camera_modified_s IS NULL) = (camera IS NULL)),
    -- When the file was removed here because every required destination has it, wall clock, ms; null while it lies at its path.
    cleared_at_ms INTEGER,
    CHECK ((frame IS NULL) = (role = 'manifest') AND (session IS NULL) = (frame IS NOT NULL))
) STRICT;

INSERT INTO file_006 (id, frame, role, path, sha256, original_sha256, size_bytes, camera, camera_opening, camera_folder, camera_name,
    camera_size_bytes, camera_modified_s, cleared_at_ms)
SELECT id, frame, role, path, sha256, original_sha256, size_bytes, camera, camera_opening, camera_folder, camera_name,
    camera_size_bytes, camera_modified_s, cleared_at_ms
FROM file;

DELETE FROM sqlite_sequence WHERE name = 'file_006';
INSERT INTO sqlite_sequence (name, seq) SELECT 'file_006', seq FROM sqlite_sequence WHERE name = 'file';
DROP TABLE file;
ALTER TABLE file_006 RENAME TO file;

CREATE INDEX file_frame ON file (frame);
-- Recovery: is this file of the card already here?
CREATE INDEX file_camera ON file (camera, camera_folder, camera_name);
-- A frame has one portrait and one report, a session one manifest.
CREATE UNIQUE INDEX file_made ON file (frame, role) WHERE role IN ('portrait', 'report');
CREATE UNIQUE INDEX file_manifest ON file (session) WHERE role = 'manifest';

-- What is to be made, or made anew: what there is of it does not hold any more, and is not sent.
CREATE TABLE making (
    -- Never used twice: what was begun for a row that was asked for anew is not taken.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Of which frame; null for a manifest.
    frame TEXT REFERENCES frame (id) DEFERRABLE INITIALLY DEFERRED,
    -- Of which session a manifest is; null for all else.
    session TEXT REFERENCES session (id) DEFERRABLE INITIALLY DEFERRED,
    -- What.
    role TEXT NOT NULL CHECK (role IN ('portrait', 'report', 'manifest')),
    -- Why it could not be made, in words; null until then. Tried again at the next start, or when it is asked for anew.
    error TEXT,
    CHECK ((frame IS NULL) = (role = 'manifest') AND (session IS NULL) = (frame IS NOT NULL))
) STRICT;

-- Each is asked for once.
CREATE UNIQUE INDEX making_of ON making (ifnull(frame, session), role);
