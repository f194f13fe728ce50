-- One line an order: what was asked of the payment provider and what came of it.
CREATE TABLE payments (
    order_id   text PRIMARY KEY,
    key        text NOT NULL,
    amount     bigint NOT NULL,
    currency   text NOT NULL,
    method     text NOT NULL,
    why        text NOT NULL,
    status     text NOT NULL,
    ref        text NOT NULL,
    refunded   bigint NOT NULL,
    created_at {{.Time}} NOT NULL,
    updated_at {{.Time}} NOT NULL,
    CHECK (refunded >= 0 AND refunded <= amount)
);
