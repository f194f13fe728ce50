-- Whether the caller made the decision for its part in the order, and not as one who may
-- make it on every order.
ALTER TABLE kept_decisions ADD COLUMN by_party boolean NOT NULL DEFAULT FALSE;
