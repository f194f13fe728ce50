-- What the customer has to do before a charge is taken, and the provider's id of what is to
-- be confirmed. It stays when that is decided; the status says whether it is.
ALTER TABLE payments ADD COLUMN action_ref text NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN action_type text NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN action_url text NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN action_until {{.Time}};
