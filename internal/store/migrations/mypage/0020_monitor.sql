-- What operators look at: how many orders are open, by kind and status; and those that need
-- attention, by the first cause that is true, newest first. Each is a stretch of an index
-- for each kind and cause. The key of orders_open is an expression, so that lists which ask
-- for a kind and a status are not planned with it.
CREATE INDEX orders_open ON orders ((kind || '/' || status)) WHERE status NOT IN ('delivered', 'completed', 'cancelled');
CREATE INDEX orders_marked ON orders (kind, placed_at, id) WHERE needs_attention;
CREATE INDEX orders_owed ON orders (kind, placed_at, id) WHERE cancelling_since IS NOT NULL AND NOT needs_attention;
CREATE INDEX orders_in_dispute ON orders (kind, placed_at, id)
    WHERE disputes IS NOT NULL AND NOT needs_attention AND cancelling_since IS NULL;
DROP INDEX orders_in_need; -- orders_marked counts as well
CREATE INDEX audit_findings_abandoned ON audit_findings (first_seen, id) WHERE closed_at IS NULL AND kind = 'abandoned';

-- The events of one order, for its timeline.
CREATE INDEX events_of_order ON events (order_id, tx, seq);
