-- The quote that the caller of a cancel was shown, '' for any.
ALTER TABLE kept_decisions ADD COLUMN expect text NOT NULL DEFAULT '';
