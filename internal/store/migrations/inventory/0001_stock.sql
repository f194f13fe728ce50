-- What there is of each item, day by day: rooms of a place for its nights,
-- cups of a drink for its day.
CREATE TABLE stock (
    item_id   {{.Key}} NOT NULL,
    day       {{.Key}} NOT NULL,
    capacity  integer NOT NULL,
    remaining integer NOT NULL,
    closed    boolean NOT NULL, -- the item is among closed_items
    PRIMARY KEY (item_id, day),
    CHECK (remaining >= 0 AND remaining <= capacity)
);

-- Items that are no longer sold, those without stock included. Their stock
-- says so too: holds look at no more than the rows that they lock anyway.
CREATE TABLE closed_items (
    item_id {{.Key}} PRIMARY KEY
);

-- What came of each hold. acted: it was done, and then undone.
CREATE TABLE holds (
    key      text PRIMARY KEY,
    order_id {{.Key}} NOT NULL,
    item_id  {{.Key}} NOT NULL,
    from_day {{.Key}} NOT NULL,
    to_day   {{.Key}} NOT NULL,
    quantity integer NOT NULL,
    state    text NOT NULL,
    reason   text NOT NULL,
    acted    boolean NOT NULL,
    at       {{.Time}} NOT NULL,
    CHECK (quantity > 0 AND from_day < to_day)
);

CREATE INDEX holders ON holds (item_id, order_id) WHERE state = 'done';
