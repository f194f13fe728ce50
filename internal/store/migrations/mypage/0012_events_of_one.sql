-- The events of one customer's orders, and of one owner's, in the order of the feed.
-- Events of the catalogue are of no customer: they are in neither.
CREATE INDEX events_of_customer ON events ((data->>'customerId'), tx, seq) WHERE (data->>'customerId') IS NOT NULL;
CREATE INDEX events_of_owner ON events ((data->>'ownerId'), tx, seq) WHERE (data->>'customerId') IS NOT NULL;
