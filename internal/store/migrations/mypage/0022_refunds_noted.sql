-- The version of the newest publication of each refund that was begun after its order's end.
-- An older one that is carried out later says nothing of whether the refund waits for a person.
CREATE TABLE refunds_noted (
    order_id {{.Key}} NOT NULL,
    refund   {{.Key}} NOT NULL,
    version  bigint NOT NULL,
    PRIMARY KEY (order_id, refund)
);
