-- Schema 2: the outbox, and the indexes that keep the thousandth frame as quick as the first.

-- Where files are to be sent.
CREATE TABLE destination (
    -- Its name in the config.
    name TEXT PRIMARY KEY CHECK (length(name) > 0),
    -- 1 while the config names it, else 0: nothing is sent there, what was sent stays known.
    active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT, WITHOUT ROWID;

-- What still has to reach a destination, and what did. One row for each name a file ever had there.
CREATE TABLE outbox (
    -- Never used twice.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Which file.
    file INTEGER NOT NULL REFERENCES file (id) DEFERRABLE INITIALLY DEFERRED,
    -- Where to.
    destination TEXT NOT NULL REFERENCES destination (name) DEFERRABLE INITIALLY DEFERRED,
    -- Its name there.
    key TEXT NOT NULL CHECK (length(key) > 0),
    -- Of the bytes to be sent: with the key, what makes sending twice harmless.
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- Of the bytes to be sent.
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    -- 'pending': to be sent. 'parked': failed for good until a human retries. 'sent': there, verified.
    -- 'superseded': not to be sent any more, and not there. 'replaced': there under a name that is no longer right,
    -- to be removed once its successor is sent. 'removing': the same, without a successor. 'removing-parked'.
    -- 'removed': was there.
    state TEXT NOT NULL CHECK (state IN
        ('pending', 'parked', 'sent', 'superseded', 'replaced', 'removing', 'removing-parked', 'removed')),
    -- The name to be removed there once this one is sent; null if none.
    replaces TEXT CHECK (replaces <> key),
    -- Tries that failed.
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Not before, boot-time clock, ms; set to 0 at every start, so that no clock can hold an item back for long.
    next_at_ms INTEGER NOT NULL DEFAULT 0 CHECK (next_at_ms >= 0),
    -- The last failure in words; null if none.
    last_error TEXT,
    -- How the destination's copy was verified; null until sent, like the columns below.
    verified_by TEXT CHECK (verified_by IS NOT NULL OR state NOT IN ('sent', 'replaced', 'removed')),
    -- Wall clock of the receipt, ms.
    sent_at_ms INTEGER CHECK ((sent_at_ms IS NULL) = (verified_by IS NULL))
) STRICT;

-- The next item of a destination.
CREATE INDEX outbox_due ON outbox (destination, state, next_at_ms, id);
-- What a file's move supersedes.
CREATE INDEX outbox_file ON outbox (file, destination);

CREATE INDEX frame_place ON frame (session, serial);
CREATE INDEX frame_state ON frame (state, session);
CREATE INDEX file_frame ON file (frame);
-- Recovery: is this file of the card already here?
CREATE INDEX file_camera ON file (camera, camera_folder, camera_name);
CREATE INDEX request_open ON request (id) WHERE outcome IS NULL;
CREATE INDEX request_session ON request (session);
CREATE INDEX session_state ON session (state);
-- Corrections that can be undone.
CREATE INDEX event_kind ON event (session, kind);
-- Events whose wall clock is to be reckoned back.
CREATE INDEX event_untrusted ON event (boot) WHERE trusted = 0 AND reckoned_wall_ms IS NULL;
