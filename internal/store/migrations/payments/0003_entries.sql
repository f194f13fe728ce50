-- What the policy keeps of a charge that was taken back, and the tier that says so.
ALTER TABLE payments ADD COLUMN kept bigint NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN tier text NOT NULL DEFAULT '';

-- The refunds of a payment, each under the key of the decision that it follows
-- from. The charge stands in payments itself: it is one line.
CREATE TABLE payment_entries (
    order_id   text NOT NULL,
    key        text NOT NULL,
    kind       text NOT NULL,
    amount     bigint NOT NULL,
    currency   text NOT NULL,
    reason     text NOT NULL,
    by_whom    text NOT NULL,
    note       text NOT NULL,
    ref        text NOT NULL,
    state      text NOT NULL,
    words      text NOT NULL,
    by_hand    boolean NOT NULL,
    created_at {{.Time}} NOT NULL,
    updated_at {{.Time}} NOT NULL,
    PRIMARY KEY (order_id, key),
    CHECK (amount >= 0)
);

-- The disputes of a charge, as the provider told of them last.
CREATE TABLE payment_disputes (
    order_id   text NOT NULL,
    id         text NOT NULL,
    amount     bigint NOT NULL,
    currency   text NOT NULL,
    state      text NOT NULL,
    due_by     {{.Time}},
    updated_at {{.Time}} NOT NULL,
    PRIMARY KEY (order_id, id)
);

-- What was given back before there were entries. What came back in another way
-- than by a refund was seen to by a bank or a person. Of a charge whose reference
-- is not known it is not known whether it was taken.
INSERT INTO payment_entries (order_id, key, kind, amount, currency, reason, by_whom, note, ref, state, words, by_hand, created_at, updated_at)
    SELECT order_id, key || '/refund', 'refund',
        CASE WHEN status = 'refunded' THEN refunded ELSE amount END, currency, why, '', '', '',
        CASE WHEN status = 'refunding' THEN 'pending' ELSE 'done' END, '',
        status = 'returned', updated_at, updated_at
    FROM payments
    WHERE status IN ('refunded', 'returned') OR status = 'refunding' AND ref <> '';
