-- Decisions that could not be delivered to the saga of their order at once. id is
-- that of the update which carries one; it may have been sent under it before.
CREATE TABLE kept_decisions (
    order_id     {{.Key}} NOT NULL,
    id           {{.Key}} NOT NULL,
    kind         text NOT NULL,
    decision     text NOT NULL, -- the update's name
    note         text NOT NULL,
    caller       text NOT NULL,
    decided_at   {{.Time}} NOT NULL,
    state        text NOT NULL, -- waiting, delivered, refused, or over: its order had ended
    leased_until {{.Time}},
    tries        integer NOT NULL,
    outcome      text NOT NULL, -- of the last try: a code once it is settled
    settled_at   {{.Time}},
    PRIMARY KEY (order_id, id)
);

CREATE INDEX kept_decisions_of_order ON kept_decisions (order_id, decided_at, id) WHERE settled_at IS NULL;
CREATE INDEX kept_decisions_open ON kept_decisions (decided_at, order_id, id) WHERE settled_at IS NULL;
CREATE INDEX kept_decisions_settled ON kept_decisions (settled_at) WHERE settled_at IS NOT NULL;

-- Decisions on the order that were kept and came to nothing, in the form of the
-- entries of its history.
ALTER TABLE orders ADD COLUMN refused {{.JSON}};
