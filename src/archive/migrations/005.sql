-- Schema 5: turns in the outbox, what people switch there, and photos that were cleared after every receipt was in.

-- 1 while the network costs money, as a human said, else 0.
ALTER TABLE station ADD COLUMN metered INTEGER NOT NULL DEFAULT 0 CHECK (metered IN (0, 1));

-- 1 while a human keeps it from being sent anything, else 0.
ALTER TABLE destination ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1));
-- 1 if a photo stays on the station until it is there (I5), else 0.
ALTER TABLE destination ADD COLUMN required INTEGER NOT NULL DEFAULT 1 CHECK (required IN (0, 1));
-- Smaller first among what goes there; what outbox.turn was last reckoned with.
ALTER TABLE destination ADD COLUMN priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 255);
-- JSON array of what it is sent, as of the last start; what waits was queued by it.
ALTER TABLE destination ADD COLUMN goods TEXT NOT NULL DEFAULT '["originals","raw"]' CHECK (json_valid(goods));
-- What files are called there, as of the last start; what waits is called by it.
ALTER TABLE destination ADD COLUMN template TEXT NOT NULL DEFAULT '{session}/{serial}_{student}/{frame}.{ext}'
    CHECK (length(template) > 0);

-- When the file was removed here because every required destination has it, wall clock, ms; null while it lies at its path.
ALTER TABLE file ADD COLUMN cleared_at_ms INTEGER;

-- Cleared files that may still lie at their path. Empty but for a power cut.
CREATE TABLE clearing (
    -- Which file.
    file INTEGER PRIMARY KEY REFERENCES file (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- A CHECK cannot be altered: the table is made anew, with its rows, its counter and its indexes. Nothing refers to it.
CREATE TABLE outbox_005 (
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
    -- 'pending': to be sent. 'parked': failed for good until a human retries. 'skipped': a human does not want it sent.
    -- 'sent': there, verified.
    -- 'superseded': not to be sent any more, and not there. 'replaced': there under a name that is no longer right,
    -- to be removed once its successor is sent. 'removing': the same, without a successor. 'removing-parked',
    -- 'removing-skipped': as with what is sent. 'removed': was there.
    state TEXT NOT NULL CHECK (state IN
        ('pending', 'parked', 'skipped', 'sent', 'superseded', 'replaced', 'removing', 'removing-parked', 'removing-skipped', 'removed')),
    -- The name to be removed there once this one is sent; null if none.
    replaces TEXT CHECK (replaces <> key),
    -- Tries that failed.
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Not before, boot-time clock, ms; set to 0 once that is over and at every start, so that no clock can hold an item
    -- back for long.
    next_at_ms INTEGER NOT NULL DEFAULT 0 CHECK (next_at_ms >= 0),
    -- Smaller first among what is due: the destination's priority times 2^48, what kind of file times 2^40, and 2^32 - 1
    -- less the number of the session, as the newest goes first.
    turn INTEGER NOT NULL CHECK (turn >= 0),
    -- When the frame was shot, wall clock, ms; the frame's own, here for the sake of the oldest that waits.
    taken_at_ms INTEGER NOT NULL,
    -- The last failure in words; null if none.
    last_error TEXT,
    -- How the destination's copy was verified; null until sent, like the columns below.
    verified_by TEXT CHECK (verified_by IS NOT NULL OR state NOT IN ('sent', 'replaced', 'removed')),
    -- Wall clock of the receipt, ms.
    sent_at_ms INTEGER CHECK ((sent_at_ms IS NULL) = (verified_by IS NULL)),
    -- The destination's own receipt number; null where it gives none.
    receipt TEXT CHECK (receipt IS NULL OR verified_by IS NOT NULL),
    -- From when the retention time counts, wall clock, ms: from the receipt, or from the first trusted look at the clock after
    -- it; null until then.
    counts_from_ms INTEGER CHECK (counts_from_ms IS NULL OR verified_by IS NOT NULL),
    -- 1 once the item was handed to its destination's worker: bytes may lie there under this key without a receipt.
    begun INTEGER NOT NULL CHECK (begun IN (0, 1))
) STRICT;

INSERT INTO outbox_005 (id, file, destination, key, sha256, size_bytes, state, replaces, attempts, next_at_ms, turn,
    taken_at_ms, last_error, verified_by, sent_at_ms, begun)
SELECT outbox.id, outbox.file, outbox.destination, outbox.key, outbox.sha256, outbox.size_bytes, outbox.state,
    outbox.replaces, outbox.attempts, outbox.next_at_ms,
    (CASE file.role WHEN 'jpeg' THEN 1 ELSE 2 END << 40) + 4294967295 - max(0, min(4294967295,
        CASE WHEN instr(frame.session, '-s') > 0
             THEN CAST(substr(frame.session, instr(frame.session, '-s') + 2) AS INTEGER) ELSE 0 END)),
    frame.taken_at_ms, outbox.last_error, outbox.verified_by, outbox.sent_at_ms, outbox.begun
FROM outbox JOIN file ON file.id = outbox.file JOIN frame ON frame.id = file.frame;

DELETE FROM sqlite_sequence WHERE name = 'outbox_005';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_005', seq FROM sqlite_sequence WHERE name = 'outbox';
DROP TABLE outbox;
ALTER TABLE outbox_005 RENAME TO outbox;

-- The next item of a destination, by its turn once it may be tried.
CREATE INDEX outbox_due ON outbox (destination, state, next_at_ms, turn, id);
-- What a file's move supersedes.
CREATE INDEX outbox_file ON outbox (file, destination);
-- How much waits, and since when.
CREATE INDEX outbox_waiting ON outbox (destination, state, taken_at_ms, size_bytes);
-- Receipts from a time without a trusted clock.
CREATE INDEX outbox_uncounted ON outbox (id) WHERE verified_by IS NOT NULL AND counts_from_ms IS NULL;
