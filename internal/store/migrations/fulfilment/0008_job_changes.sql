-- What came of each change of a job's quantity. was: the quantity before it.
CREATE TABLE job_changes (
    key      text PRIMARY KEY,
    sort     text NOT NULL,
    order_id {{.Key}} NOT NULL,
    was      integer NOT NULL,
    quantity integer NOT NULL,
    state    text NOT NULL,
    reason   text NOT NULL,
    at       {{.Time}} NOT NULL
);

CREATE INDEX job_changes_by_order ON job_changes (order_id);
