-- A payment stands in line until it is decided on, whether the provider was
-- asked for it before or not. How many do is asked all the time.
ALTER TABLE payments ADD COLUMN waits boolean NOT NULL DEFAULT FALSE;
CREATE INDEX payments_waiting ON payments (order_id) WHERE waits;

-- Whose breaker keeps payments from the provider, and until when. It is how
-- processes that ask the provider nothing themselves learn of it.
CREATE TABLE payment_breakers (
    worker     text PRIMARY KEY,
    shut_until {{.Time}} NOT NULL
);
