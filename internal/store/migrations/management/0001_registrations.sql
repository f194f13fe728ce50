-- The calls that management knows of. state: done; undone, that is, struck
-- off. acted: it was done, and then undone.
CREATE TABLE registrations (
    order_id    {{.Key}} PRIMARY KEY,
    customer_id text NOT NULL,
    tel         text NOT NULL,
    location    text NOT NULL,
    state       text NOT NULL,
    reason      text NOT NULL,
    acted       boolean NOT NULL,
    at          {{.Time}} NOT NULL
);
