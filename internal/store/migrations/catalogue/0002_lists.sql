-- What lists select by, taken from the document, and when it was registered:
-- lists go from new to old. What was there before is as old as this. version
-- counts changes, as that of places does.
ALTER TABLE places ADD COLUMN created_at {{.Time}} NOT NULL DEFAULT {{.Once}};
ALTER TABLE places ADD COLUMN owner_id {{.Key}} GENERATED ALWAYS AS (doc->>'ownerId') {{.Derived}};
ALTER TABLE places ADD COLUMN withdrawn boolean GENERATED ALWAYS AS (COALESCE(doc->>'withdrawn', '') <> '') {{.Derived}};
CREATE INDEX places_by_time ON places (withdrawn, created_at, id);
CREATE INDEX places_by_owner ON places (owner_id, withdrawn, created_at, id);

ALTER TABLE menus ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE menus ADD COLUMN created_at {{.Time}} NOT NULL DEFAULT {{.Once}};
ALTER TABLE menus ADD COLUMN owner_id {{.Key}} GENERATED ALWAYS AS (doc->>'ownerId') {{.Derived}};
ALTER TABLE menus ADD COLUMN withdrawn boolean GENERATED ALWAYS AS (COALESCE(doc->>'withdrawn', '') <> '') {{.Derived}};
CREATE INDEX menus_by_time ON menus (withdrawn, created_at, id);
CREATE INDEX menus_by_owner ON menus (owner_id, withdrawn, created_at, id);

-- deleted: the drink is among drink_deletions, and in no list.
ALTER TABLE drinks ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE drinks ADD COLUMN created_at {{.Time}} NOT NULL DEFAULT {{.Once}};
ALTER TABLE drinks ADD COLUMN deleted boolean NOT NULL DEFAULT FALSE;
ALTER TABLE drinks ADD COLUMN owner_id {{.Key}} GENERATED ALWAYS AS (doc->>'ownerId') {{.Derived}};
ALTER TABLE drinks ADD COLUMN day {{.Key}} GENERATED ALWAYS AS (doc->>'date') {{.Derived}};
ALTER TABLE drinks ADD COLUMN withdrawn boolean GENERATED ALWAYS AS (COALESCE(doc->>'withdrawn', '') <> '') {{.Derived}};
UPDATE drinks SET deleted = TRUE WHERE id IN (SELECT drink_id FROM drink_deletions);
CREATE INDEX drinks_by_time ON drinks (withdrawn, created_at, id) WHERE NOT deleted;
CREATE INDEX drinks_by_owner ON drinks (owner_id, withdrawn, created_at, id) WHERE NOT deleted;
CREATE INDEX drinks_by_day ON drinks (day, withdrawn, created_at, id) WHERE NOT deleted;
CREATE INDEX drinks_by_owner_and_day ON drinks (owner_id, day, withdrawn, created_at, id) WHERE NOT deleted;
