-- The charges of a payment beside its first, each under the key of the change of the
-- order that it follows from. The payment's amount and ref are of all that were taken:
-- the refs stand in the order of the charges, one a line.
CREATE TABLE payment_charges (
    order_id   text NOT NULL,
    key        text NOT NULL,
    amount     bigint NOT NULL,
    currency   text NOT NULL,
    method     text NOT NULL,
    by_whom    text NOT NULL,
    ref        text NOT NULL,
    status     text NOT NULL,
    created_at {{.Time}} NOT NULL,
    updated_at {{.Time}} NOT NULL,
    PRIMARY KEY (order_id, key),
    CHECK (amount > 0)
);
