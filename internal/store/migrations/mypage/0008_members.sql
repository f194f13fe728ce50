-- Who gave up an order that waited in the inbox, "" when nobody did.
ALTER TABLE inbox ADD COLUMN decided_by text NOT NULL DEFAULT '';
