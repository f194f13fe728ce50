-- How many were left of the item, on the day with the fewest, when it was held
-- or could not be, and when it was released or its end was decided.
ALTER TABLE holds ADD COLUMN remaining integer;
ALTER TABLE holds ADD COLUMN remaining_after integer;

-- What the feed is to be told of stock that its owner has set. A row is written
-- in the transaction of the change, and is gone once the feed has it.
CREATE TABLE inventory_outbox (
    seq     {{.Serial}},
    key     text NOT NULL UNIQUE,
    type    text NOT NULL,
    subject text NOT NULL,
    at      {{.Time}} NOT NULL,
    data    {{.JSON}} NOT NULL
);
