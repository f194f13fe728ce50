-- Secrets that all processes share. The first process that needs one makes it.
CREATE TABLE secrets (
    name       {{.Key}} NOT NULL PRIMARY KEY,
    value      text NOT NULL, -- in hexadecimal digits
    created_at {{.Time}} NOT NULL
);
