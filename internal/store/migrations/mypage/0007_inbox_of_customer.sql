-- How many orders of one customer wait is asked before one more is kept.
CREATE INDEX inbox_of_customer ON inbox (customer_id) WHERE settled_at IS NULL;
