-- The subjects of tokens, and the ids by which Yeyak knows them: one as a
-- customer, another as an owner. Orders, events and logs carry the id only.
CREATE TABLE people (
    issuer  {{.Key}} NOT NULL,
    subject {{.Key}} NOT NULL,
    kind    {{.Key}} NOT NULL, -- customer, owner or service
    id      {{.Key}} NOT NULL,
    seen_at {{.Time}} NOT NULL, -- for the first time
    PRIMARY KEY (issuer, subject, kind),
    UNIQUE (kind, id)
);

-- The last number that was given out as an id. One row.
CREATE TABLE people_numbers (last bigint NOT NULL);
INSERT INTO people_numbers (last) VALUES (1023);

-- Keys of programs. The secret is kept as its SHA-256 only.
CREATE TABLE api_keys (
    id         {{.Key}} PRIMARY KEY,
    name       {{.Key}} NOT NULL, -- the program's
    hash       text NOT NULL,
    scopes     text NOT NULL, -- with spaces between
    owner_id   {{.Key}} NOT NULL, -- the organisation that the program belongs to, or ''
    created_at {{.Time}} NOT NULL,
    ends_at    {{.Time}} NOT NULL,
    revoked_at {{.Time}}
);

CREATE INDEX api_keys_of_name ON api_keys (name, created_at, id);
