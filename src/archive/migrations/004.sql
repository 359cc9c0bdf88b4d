-- Schema 4: what a session's frames are held against, and what is granted to a student.

-- The reference shot of the session, a frame's id; null until one was taken. No foreign key: its row may follow in a later commit.
ALTER TABLE session ADD COLUMN reference TEXT CHECK (length(reference) > 0);
-- JSON array of reason ids waived at the chair for whoever holds the serial.
ALTER TABLE entry ADD COLUMN waived TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(waived));
-- JSON array of reason ids that the roster exempts the student from.
ALTER TABLE entry ADD COLUMN student_exempt TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(student_exempt));
-- JSON array of reason ids that the roster exempts the student from.
ALTER TABLE pending_roster ADD COLUMN student_exempt TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(student_exempt));

-- Reasons that are no more than remarks in a session.
CREATE TABLE lowered_reason (
    -- In which session.
    session TEXT NOT NULL REFERENCES session (id) DEFERRABLE INITIALLY DEFERRED,
    -- The reason's id.
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    PRIMARY KEY (session, reason)
) STRICT, WITHOUT ROWID;
