-- How many calls of one customer wait is asked before one more is taken.
CREATE INDEX assignments_of_customer ON assignments (customer_id) WHERE state = 'waiting';
