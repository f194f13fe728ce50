-- What the sandbox remembers that speaks a payment provider's API. The key is
-- the request's Idempotency-Key; its answer is made anew from what stands here.
CREATE TABLE sandbox_intents (
    key        text PRIMARY KEY,
    id         {{.Key}} NOT NULL,
    request    text NOT NULL,
    amount     bigint NOT NULL,
    currency   text NOT NULL,
    metadata   {{.JSON}} NOT NULL,
    charge_key text NOT NULL,
    answered   text NOT NULL,
    status     text NOT NULL,
    refusal    text NOT NULL,
    refunded   bigint NOT NULL,
    at         {{.Time}} NOT NULL,
    CHECK (refunded >= 0 AND refunded <= amount)
);

-- Not unique, for the reason that the charges' references are not.
CREATE INDEX sandbox_intents_by_id ON sandbox_intents (id);
CREATE INDEX sandbox_intents_by_charge ON sandbox_intents (charge_key);
CREATE INDEX sandbox_intents_by_age ON sandbox_intents (at, id);

CREATE TABLE sandbox_refunds (
    key       text PRIMARY KEY,
    id        text NOT NULL,
    request   text NOT NULL,
    intent_id text NOT NULL,
    amount    bigint NOT NULL,
    currency  text NOT NULL,
    at        {{.Time}} NOT NULL
);
