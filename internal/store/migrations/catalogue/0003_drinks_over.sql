-- When a drink's day is over, so that lists leave it out from then on. Of the
-- drinks that were there before, it is not known.
ALTER TABLE drinks ADD COLUMN ends_at {{.Time}} NOT NULL DEFAULT '9999-12-31 00:00:00+00:00';

-- What is on sale lies together, however much ever was, with all that a list
-- of it needs to find its page.
CREATE INDEX drinks_by_end ON drinks (withdrawn, ends_at, created_at, id) WHERE NOT deleted;
CREATE INDEX drinks_by_owner_and_end ON drinks (owner_id, withdrawn, ends_at, created_at, id) WHERE NOT deleted;
