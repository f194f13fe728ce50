-- What the provider is known to have made of a refund of a part that has failed otherwise:
-- a part that came out of several charges.
CREATE TABLE payment_made_of_parts (
    order_id text NOT NULL,
    key      text NOT NULL,
    id       text NOT NULL,
    amount   bigint NOT NULL,
    PRIMARY KEY (order_id, key, id)
);
