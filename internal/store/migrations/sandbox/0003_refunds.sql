-- A refund may be pending, or fail; and a method that belongs to no customer
-- can pay once.
ALTER TABLE sandbox_refunds ADD COLUMN status text NOT NULL DEFAULT 'succeeded';
ALTER TABLE sandbox_refunds ADD COLUMN label text NOT NULL DEFAULT '';
CREATE INDEX sandbox_refunds_by_intent ON sandbox_refunds (intent_id);
ALTER TABLE sandbox_intents ADD COLUMN method text NOT NULL DEFAULT '';

CREATE TABLE sandbox_methods (
    method text PRIMARY KEY,
    key    text NOT NULL
);
