-- When a drink's day is over, so that lists leave it out from then on. Of the
-- drinks that were there before, it is not known.
ALTER TABLE drinks ADD COLUMN ends_at {{.Time}} NOT NULL DEFAULT '9999-12-31 00:00:00+00:00';
CREATE INDEX drinks_by_end ON drinks (ends_at) WHERE NOT deleted;
