-- Orders that were taken while their saga could not be started at once. A row is
-- written in the transaction of the order's row in orders, and is settled once
-- the engine has the order: as it was placed (started), or as withdrawn (closed).
-- sent: a start of it may have reached the engine.
CREATE TABLE inbox (
    order_id     {{.Key}} PRIMARY KEY,
    kind         text NOT NULL,
    customer_id  text NOT NULL,
    input        {{.JSON}} NOT NULL,
    summary      text NOT NULL,
    request_hash text NOT NULL,
    received_at  {{.Time}} NOT NULL,
    start_by     {{.Time}} NOT NULL,
    state        text NOT NULL, -- waiting, started, closing or closed
    why          text NOT NULL, -- it is closed
    note         text NOT NULL,
    sent         boolean NOT NULL,
    leased_until {{.Time}},
    tries        integer NOT NULL,
    outcome      text NOT NULL, -- of the last try
    settled_at   {{.Time}}
);

CREATE INDEX inbox_open ON inbox (received_at, order_id) WHERE settled_at IS NULL;
CREATE INDEX inbox_settled ON inbox (settled_at) WHERE settled_at IS NOT NULL;
