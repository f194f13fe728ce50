-- The drinks of one day that are on sale, in the order in which that day ends in their time
-- zones: drinks_by_end and drinks_by_owner_and_end serve the list of all days.
-- drinks_by_day_and_end begins with the column that drinks_by_end begins with: PostgreSQL
-- judges by the first column how scattered the rows of an index are, and for a day of which
-- there are many drinks would search through all that is on sale.
CREATE INDEX drinks_by_day_and_end ON drinks (withdrawn, day, ends_at, created_at, id) WHERE NOT deleted;
CREATE INDEX drinks_by_owner_day_and_end ON drinks (owner_id, day, withdrawn, ends_at, created_at, id) WHERE NOT deleted;
