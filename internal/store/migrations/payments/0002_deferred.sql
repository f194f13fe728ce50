-- How many payments are deferred is asked all the time.
CREATE INDEX payments_deferred ON payments (order_id) WHERE status = 'deferred';

-- Whose breaker keeps payments from the provider, and until when. It is how
-- processes that ask the provider nothing themselves learn of it.
CREATE TABLE payment_breakers (
    worker     text PRIMARY KEY,
    shut_until {{.Time}} NOT NULL
);
