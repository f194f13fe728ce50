-- Who gave up an order that waited in the inbox, '' when nobody did.
ALTER TABLE inbox ADD COLUMN decided_by text NOT NULL DEFAULT '';

-- The members of owners' organisations, beside the owner with whom one began.
-- place is the one place, menu or drink that a member works for, '' for all.
CREATE TABLE members (
    owner_id   {{.Key}} NOT NULL,
    person_id  {{.Key}} NOT NULL,
    place      {{.Key}} NOT NULL,
    level      text NOT NULL, -- owner or staff
    changed_by text NOT NULL,
    changed_at {{.Time}} NOT NULL,
    PRIMARY KEY (owner_id, person_id, place)
);

CREATE INDEX members_by_person ON members (person_id);

-- A member for one place lists the orders of that place. They are merged from one
-- stretch for each status: see 0004_lists.
CREATE INDEX orders_by_item ON orders (owner_id, item_id, status, placed_at, id) WHERE paid;
