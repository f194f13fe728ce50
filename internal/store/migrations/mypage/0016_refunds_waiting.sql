-- Refunds that were begun after their order's end, and wait for a person: each is a
-- workflow of its own, and the order needs attention while there is one.
CREATE TABLE refunds_waiting (
    order_id {{.Key}} NOT NULL,
    refund   {{.Key}} NOT NULL,
    PRIMARY KEY (order_id, refund)
);
