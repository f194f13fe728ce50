-- Messages to people. state: sent; withdrawn, by a later message; prevented,
-- that is, withdrawn before it was ever sent, and never shown.
CREATE TABLE messages (
    key          {{.Key}} PRIMARY KEY,
    order_id     text NOT NULL,
    recipient_id text NOT NULL,
    type         text NOT NULL,
    text         text NOT NULL,
    state        text NOT NULL,
    why          text NOT NULL,
    at           {{.Time}} NOT NULL
);

CREATE INDEX messages_by_recipient ON messages (recipient_id, at, key) WHERE state <> 'prevented';
