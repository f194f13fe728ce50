-- What the feed is to be told of the catalogue. A row is written in the
-- transaction of the change, and is gone once the feed has it.
CREATE TABLE catalogue_outbox (
    seq     {{.Serial}},
    key     text NOT NULL UNIQUE,
    type    text NOT NULL,
    subject text NOT NULL,
    at      {{.Time}} NOT NULL,
    data    {{.JSON}} NOT NULL
);

-- What was registered before the catalogue had events is told as it is now: that
-- it was registered and, of what takes no orders, that it was withdrawn or
-- deleted. Of a drink, only the database of its stock knows how many there were,
-- and no SQL knows when its day ends.
INSERT INTO catalogue_outbox (key, type, subject, at, data)
SELECT id || '/PlaceRegistered/1', 'PlaceRegistered', id, created_at, {{.Object}}(
    'kind', 'lodging', 'ownerId', doc->>'ownerId', 'item', {{.Object}}('id', id, 'name', doc->>'name'), 'price', doc->'price',
    'withdrawn', {{.False}}, 'confirmation', doc->>'confirmation', 'confirmWithin', doc->>'confirmWithin',
    'timeZone', doc->>'timeZone', 'checkInTime', doc->>'checkInTime', 'checkOutTime', doc->>'checkOutTime')
FROM places ORDER BY created_at, id;

INSERT INTO catalogue_outbox (key, type, subject, at, data)
SELECT id || '/PlaceWithdrawn/' || version, 'PlaceWithdrawn', id, created_at, {{.Object}}(
    'kind', 'lodging', 'ownerId', doc->>'ownerId', 'item', {{.Object}}('id', id, 'name', doc->>'name'), 'price', doc->'price',
    'withdrawn', {{.True}}, 'confirmation', doc->>'confirmation', 'confirmWithin', doc->>'confirmWithin',
    'timeZone', doc->>'timeZone', 'checkInTime', doc->>'checkInTime', 'checkOutTime', doc->>'checkOutTime')
FROM places WHERE withdrawn ORDER BY created_at, id;

INSERT INTO catalogue_outbox (key, type, subject, at, data)
SELECT id || '/MenuRegistered/1', 'MenuRegistered', id, created_at, {{.Object}}(
    'kind', 'food', 'ownerId', doc->>'ownerId', 'item', {{.Object}}('id', id, 'name', doc->>'name'), 'price', doc->'price',
    'withdrawn', {{.False}})
FROM menus ORDER BY created_at, id;

INSERT INTO catalogue_outbox (key, type, subject, at, data)
SELECT id || '/MenuWithdrawn/' || version, 'MenuWithdrawn', id, created_at, {{.Object}}(
    'kind', 'food', 'ownerId', doc->>'ownerId', 'item', {{.Object}}('id', id, 'name', doc->>'name'), 'price', doc->'price',
    'withdrawn', {{.True}})
FROM menus WHERE withdrawn ORDER BY created_at, id;

INSERT INTO catalogue_outbox (key, type, subject, at, data)
SELECT id || '/DrinkRegistered/1', 'DrinkRegistered', id, created_at, {{.Object}}(
    'kind', 'cafe', 'ownerId', doc->>'ownerId', 'item', {{.Object}}('id', id, 'name', doc->>'name'), 'price', doc->'price',
    'withdrawn', {{.False}}, 'date', doc->>'date', 'timeZone', doc->>'timeZone')
FROM drinks ORDER BY created_at, id;

INSERT INTO catalogue_outbox (key, type, subject, at, data)
SELECT id || '/DrinkWithdrawn/' || version, 'DrinkWithdrawn', id, created_at, {{.Object}}(
    'kind', 'cafe', 'ownerId', doc->>'ownerId', 'item', {{.Object}}('id', id, 'name', doc->>'name'), 'price', doc->'price',
    'withdrawn', {{.True}}, 'date', doc->>'date', 'timeZone', doc->>'timeZone')
FROM drinks WHERE withdrawn ORDER BY created_at, id;

INSERT INTO catalogue_outbox (key, type, subject, at, data)
SELECT id || '/DrinkDeleted', 'DrinkDeleted', id, created_at, {{.Object}}(
    'kind', 'cafe', 'ownerId', doc->>'ownerId', 'item', {{.Object}}('id', id, 'name', doc->>'name'), 'price', doc->'price',
    'withdrawn', {{.True}}, 'deleted', {{.True}}, 'date', doc->>'date', 'timeZone', doc->>'timeZone')
FROM drinks WHERE deleted ORDER BY created_at, id;
