-- The list of calls goes from new to old. Those that were struck off before
-- they were ever registered are not in it.
CREATE INDEX registrations_by_time ON registrations (at, order_id) WHERE state = 'done' OR acted;
