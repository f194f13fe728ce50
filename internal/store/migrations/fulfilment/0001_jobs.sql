-- Deliveries and productions: one of a sort an order. One that was cancelled
-- before it was ever started is here so that it never is, and is not listed.
CREATE TABLE jobs (
    sort       text NOT NULL,
    order_id   {{.Key}} NOT NULL,
    owner_id   text NOT NULL,
    item_id    text NOT NULL,
    item_name  text NOT NULL,
    quantity   integer NOT NULL,
    address    text NOT NULL,
    status     text NOT NULL,
    why        text NOT NULL, -- it was cancelled
    started    boolean NOT NULL,
    created_at {{.Time}} NOT NULL,
    changed_at {{.Time}} NOT NULL,
    PRIMARY KEY (sort, order_id)
);

CREATE INDEX jobs_by_time ON jobs (sort, created_at, order_id) WHERE started;
CREATE INDEX jobs_by_owner ON jobs (sort, owner_id, created_at, order_id) WHERE started;
