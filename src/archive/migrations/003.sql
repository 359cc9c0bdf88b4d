-- Schema 3: a send that a power cut or a correction interrupted is known, though no receipt tells of it.

-- 1 once the item was handed to its destination's worker: bytes may lie there under this key without a receipt. Items
-- from before this column may have been, too.
ALTER TABLE outbox ADD COLUMN begun INTEGER NOT NULL DEFAULT 1 CHECK (begun IN (0, 1));
