-- Whether anything is of a customer is asked when a person is met. What was refused
-- is in no list, and no other index has it.
CREATE INDEX refused_of_customer ON orders (customer_id) WHERE NOT listed;
