-- version counts what is said of a cleaner.
ALTER TABLE cleaners ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- What the feed is to be told of cleaners. A row is written in the transaction
-- of the change, and is gone once the feed has it.
CREATE TABLE fulfilment_outbox (
    seq     {{.Serial}},
    key     text NOT NULL UNIQUE,
    type    text NOT NULL,
    subject text NOT NULL,
    at      {{.Time}} NOT NULL,
    data    {{.JSON}} NOT NULL
);

-- Cleaners who were registered before there were events of them are told as they
-- are now.
INSERT INTO fulfilment_outbox (key, type, subject, at, data)
SELECT id || '/CleanerRegistered/1', 'CleanerRegistered', id, created_at, {{.Object}}(
    'kind', 'cleaning', 'cleaner', {{.Object}}('id', id, 'name', name), 'withdrawn', {{.False}})
FROM cleaners ORDER BY created_at, id;

INSERT INTO fulfilment_outbox (key, type, subject, at, data)
SELECT id || '/CleanerWithdrawn/' || version, 'CleanerWithdrawn', id, created_at, {{.Object}}(
    'kind', 'cleaning', 'cleaner', {{.Object}}('id', id, 'name', name), 'withdrawn', {{.True}})
FROM cleaners WHERE withdrawn ORDER BY created_at, id;
