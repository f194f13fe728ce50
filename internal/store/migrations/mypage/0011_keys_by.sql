-- Whose doing a key is, and its end: the id of a caller, or system; '' when that is
-- not known.
ALTER TABLE api_keys ADD COLUMN created_by text NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN revoked_by text NOT NULL DEFAULT '';
