-- Every list of jobs is merged from one stretch of an index for each status
-- that is asked for: what has started lies together, however much has ended.
-- Deliveries are selected by owner, productions by item.
CREATE INDEX jobs_by_status ON jobs (sort, status, created_at, order_id) WHERE started;
CREATE INDEX deliveries_by_owner ON jobs (owner_id, status, created_at, order_id) WHERE started AND sort = 'delivery';
CREATE INDEX productions_by_item ON jobs (item_id, status, created_at, order_id) WHERE started AND sort = 'production';
DROP INDEX jobs_by_time;
DROP INDEX jobs_by_owner;
