-- Who our customers are at the payment provider, where it keeps their cards for the next
-- order. ref is '' where the provider did not know the one before any more.
CREATE TABLE payment_customers (
    customer   text PRIMARY KEY,
    ref        text NOT NULL,
    before     text NOT NULL,
    updated_at {{.Time}} NOT NULL
);
