-- A refund that was done may fail later: the money is back then.
ALTER TABLE sandbox_parts ADD COLUMN failed boolean NOT NULL DEFAULT FALSE;
