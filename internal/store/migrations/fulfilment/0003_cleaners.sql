-- Withdrawn cleaners get no new calls. Lists go from new to old; cleaners who
-- were there before are as old as this.
ALTER TABLE cleaners ADD COLUMN withdrawn boolean NOT NULL DEFAULT FALSE;
ALTER TABLE cleaners ADD COLUMN created_at {{.Time}} NOT NULL DEFAULT {{.Once}};
CREATE INDEX cleaners_by_time ON cleaners (withdrawn, created_at, id);
DROP INDEX cleaners_free;
CREATE INDEX cleaners_free ON cleaners (free_since) WHERE order_id = '' AND NOT withdrawn;

-- What a cleaner needs for a call. The telephone number is kept only until the
-- call is over.
ALTER TABLE assignments ADD COLUMN customer_id text NOT NULL DEFAULT '';
ALTER TABLE assignments ADD COLUMN tel text NOT NULL DEFAULT '';
ALTER TABLE assignments ADD COLUMN location text NOT NULL DEFAULT '';
