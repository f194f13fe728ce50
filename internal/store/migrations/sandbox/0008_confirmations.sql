-- Charges that the customer confirms. The token names the page where that is done.
ALTER TABLE sandbox_charges ADD COLUMN token text NOT NULL DEFAULT '';
ALTER TABLE sandbox_charges ADD COLUMN return_to text NOT NULL DEFAULT '';
ALTER TABLE sandbox_charges ADD COLUMN expires_at {{.Time}};
CREATE INDEX sandbox_charges_by_token ON sandbox_charges (token) WHERE token <> '';

ALTER TABLE sandbox_intents ADD COLUMN order_id text NOT NULL DEFAULT '';
ALTER TABLE sandbox_intents ADD COLUMN return_to text NOT NULL DEFAULT '';
ALTER TABLE sandbox_intents ADD COLUMN customer text NOT NULL DEFAULT '';
ALTER TABLE sandbox_intents ADD COLUMN keeps boolean NOT NULL DEFAULT FALSE;
CREATE INDEX sandbox_intents_confirmed ON sandbox_intents (order_id) WHERE return_to <> '';

-- A method that a customer has can pay again, for that customer.
ALTER TABLE sandbox_methods ADD COLUMN customer text NOT NULL DEFAULT '';

CREATE TABLE sandbox_customers (
    key      text PRIMARY KEY,
    id       text NOT NULL,
    request  text NOT NULL,
    metadata {{.JSON}} NOT NULL
);
CREATE INDEX sandbox_customers_by_id ON sandbox_customers (id);
