-- What the undo of a charge has asked the provider to give back under its key, in all, and
-- when. Until that is seen at the provider, it may be carried out yet.
ALTER TABLE payments ADD COLUMN asked bigint NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN asked_at {{.Time}};

-- What the provider is known to have made under that key, while the undo has not ended.
CREATE TABLE payment_made (
    order_id text NOT NULL,
    id       text NOT NULL,
    amount   bigint NOT NULL,
    PRIMARY KEY (order_id, id)
);
