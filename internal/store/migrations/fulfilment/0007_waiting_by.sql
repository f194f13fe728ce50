-- The caller that called for the customer, '' where the customer did. How many calls of
-- one caller wait is asked before one more is taken.
ALTER TABLE assignments ADD COLUMN placed_by text NOT NULL DEFAULT '';
CREATE INDEX assignments_by_caller ON assignments (placed_by) WHERE state = 'waiting';
