-- Lists of orders are always of one customer or of one owner. Those by kind or
-- status are merged from one stretch of these indexes for each kind and status
-- that is asked for, so that a list costs what it shows and not what ever was.
CREATE INDEX orders_by_customer_and_status ON orders (customer_id, kind, status, placed_at, id) WHERE listed;
CREATE INDEX orders_by_owner_and_status ON orders (owner_id, kind, status, placed_at, id) WHERE paid;
DROP INDEX orders_by_time;
