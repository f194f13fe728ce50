-- What an order looks like to its customer and owner: the view, with what
-- lists select by beside it. decision is the view at the first decision.
CREATE TABLE orders (
    id              {{.Key}} PRIMARY KEY,
    kind            text NOT NULL,
    customer_id     text NOT NULL,
    owner_id        text NOT NULL,
    item_id         text NOT NULL,
    status          text NOT NULL,
    needs_attention boolean NOT NULL,
    listed          boolean NOT NULL, -- to its customer
    paid            boolean NOT NULL, -- and so listed to its owner
    view            {{.JSON}} NOT NULL,
    decision        {{.JSON}},
    request_hash    text NOT NULL,
    version         bigint NOT NULL,
    placed_at       {{.Time}} NOT NULL
);

-- No index holds the status: an order changes it often, and nothing else.
CREATE INDEX orders_by_time ON orders (placed_at, id) WHERE listed;
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at, id) WHERE listed;
CREATE INDEX orders_by_owner ON orders (owner_id, placed_at, id) WHERE paid;
