-- Disputes of the payment that are open, as JSON, NULL for none: they mark the order
-- whatever its saga says. Operators want to see them at every moment.
ALTER TABLE orders ADD COLUMN disputes text;
CREATE INDEX orders_disputed ON orders (kind) WHERE disputes IS NOT NULL;
