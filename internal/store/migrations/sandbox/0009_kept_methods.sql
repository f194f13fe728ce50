-- The methods that a customer keeps are listed, newest first.
ALTER TABLE sandbox_methods ADD COLUMN kept_at {{.Time}};
CREATE INDEX sandbox_methods_of_customer ON sandbox_methods (customer) WHERE customer <> '';
