-- Who cleans. order_id: the call that they are assigned to, '' while they are
-- free. free_since counts up: who has the smallest has been free longest.
CREATE TABLE cleaners (
    id         {{.Key}} PRIMARY KEY,
    name       text NOT NULL,
    order_id   text NOT NULL,
    free_since bigint NOT NULL
);

CREATE INDEX cleaners_free ON cleaners (free_since) WHERE order_id = '';
CREATE UNIQUE INDEX one_cleaner_a_call ON cleaners (order_id) WHERE order_id <> '';

-- The calls for one, in the order in which they came. state: waiting,
-- assigned, done or cancelled. told: the call knows its cleaner. acted: it was
-- cancelled, and not before it ever came.
CREATE TABLE assignments (
    seq          {{.Serial}},
    order_id     {{.Key}} NOT NULL UNIQUE,
    state        text NOT NULL,
    cleaner_id   text NOT NULL,
    cleaner_name text NOT NULL,
    told         boolean NOT NULL,
    why          text NOT NULL,
    acted        boolean NOT NULL,
    at           {{.Time}} NOT NULL
);

CREATE INDEX assignments_waiting ON assignments (seq) WHERE state = 'waiting';
CREATE INDEX assignments_untold ON assignments (seq) WHERE state = 'assigned' AND NOT told;
CREATE UNIQUE INDEX one_call_a_cleaner ON assignments (cleaner_id) WHERE state = 'assigned';
