-- What the built-in stand-in for a payment provider remembers.
CREATE TABLE sandbox_charges (
    key        text PRIMARY KEY,
    order_id   text NOT NULL,
    amount     bigint NOT NULL,
    currency   text NOT NULL,
    status     text NOT NULL,
    ref        text NOT NULL,
    refunded   bigint NOT NULL,
    refund_key text NOT NULL,
    at         {{.Time}} NOT NULL,
    CHECK (refunded >= 0 AND refunded <= amount)
);

CREATE INDEX sandbox_charges_by_order ON sandbox_charges (order_id);
-- Not unique, though refs are: beside the primary key's, a second unique index
-- would fail some of the inserts of the same charge at once.
CREATE INDEX sandbox_charges_by_ref ON sandbox_charges (ref) WHERE ref <> '';
