-- What a message says, as data: its words are made of that, in the language of
-- the request. text is '' then; a message without data has its text only.
-- reason: why another message is taken back by this one.
ALTER TABLE messages ADD COLUMN data {{.JSON}};
ALTER TABLE messages ADD COLUMN reason text NOT NULL DEFAULT '';
