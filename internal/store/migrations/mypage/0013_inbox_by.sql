-- The caller that placed the order for its customer, '' where the customer did. How many
-- of one caller wait is asked before one more is kept.
ALTER TABLE inbox ADD COLUMN placed_by text NOT NULL DEFAULT '';
CREATE INDEX inbox_by_caller ON inbox (placed_by) WHERE settled_at IS NULL;
