-- The refunds of a charge, each under its key. refund_key is of builds that gave a
-- charge back whole, and once.
CREATE TABLE sandbox_parts (
    key    text PRIMARY KEY,
    ref    text NOT NULL,
    amount bigint NOT NULL,
    at     {{.Time}} NOT NULL
);
CREATE INDEX sandbox_parts_by_ref ON sandbox_parts (ref);

-- Disputes are raised on command, too.
ALTER TABLE sandbox_intents ADD COLUMN disputed bigint NOT NULL DEFAULT 0;
ALTER TABLE sandbox_intents ADD COLUMN dispute text NOT NULL DEFAULT '';

INSERT INTO sandbox_parts (key, ref, amount, at)
    SELECT refund_key, ref, refunded, at FROM sandbox_charges WHERE refund_key <> '';
