-- The feed of facts about orders, in the order of (tx, seq). Transactions
-- commit in another order than they count up seq; see the reader.
CREATE TABLE events (
    seq      {{.Serial}},
    tx       {{.Transaction}},
    key      text NOT NULL UNIQUE,
    type     text NOT NULL,
    order_id text NOT NULL,
    at       {{.Time}} NOT NULL,
    data     {{.JSON}} NOT NULL
);

CREATE INDEX events_in_order ON events (tx, seq);
