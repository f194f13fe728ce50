-- What operators want to see at every moment: orders whose undos are owed, and
-- since when, in µs since 1970; and those that need attention. Both columns
-- hardly ever change, so that these indexes leave an order's other changes
-- cheap (HOT): one over its status would not.
ALTER TABLE orders ADD COLUMN cancelling_since bigint;
CREATE INDEX orders_cancelling ON orders (kind, cancelling_since) WHERE cancelling_since IS NOT NULL;
CREATE INDEX orders_in_need ON orders (kind) WHERE needs_attention;
