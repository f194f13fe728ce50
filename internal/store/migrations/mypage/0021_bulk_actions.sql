-- Actions of operators on many orders. A dry run names the orders, and is run once or
-- never; a process leases what is to be done.
CREATE TABLE bulk_runs (
    id           {{.Key}} PRIMARY KEY,
    state        text NOT NULL, -- planned, running, stopped or done
    action       text NOT NULL,
    filter       text NOT NULL, -- JSON
    reason       text NOT NULL,
    by_id        {{.Key}} NOT NULL,
    planned_at   {{.Time}} NOT NULL,
    begun_at     {{.Time}},
    ended_at     {{.Time}},
    orders       integer NOT NULL, -- that the dry run named
    more         boolean NOT NULL, -- the filter selects more than one run takes
    lease        integer NOT NULL DEFAULT 0, -- tells one lease from the next
    leased_until {{.Time}}
);

CREATE INDEX bulk_runs_running ON bulk_runs (begun_at, id) WHERE state = 'running';
CREATE INDEX bulk_runs_at ON bulk_runs (planned_at, id);

-- The orders of each. outcome is '' until the action was done, and what the log of
-- operators' actions says then; result sums outcomes up.
CREATE TABLE bulk_orders (
    run_id   {{.Key}} NOT NULL,
    n        integer NOT NULL,
    order_id {{.Key}} NOT NULL,
    status   text NOT NULL, -- of the order in the dry run
    version  bigint NOT NULL, -- ditto
    result   text NOT NULL DEFAULT '', -- done, changed, refused or failed
    outcome  text NOT NULL DEFAULT '',
    done_at  {{.Time}},
    PRIMARY KEY (run_id, n)
);

CREATE INDEX bulk_orders_waiting ON bulk_orders (run_id, n) WHERE result = '';
CREATE INDEX bulk_orders_left ON bulk_orders (run_id, n) WHERE result IN ('changed', 'refused', 'failed');

-- The bulk action that an operator's action is a part of, '' for none.
ALTER TABLE operator_actions ADD COLUMN bulk {{.Key}} NOT NULL DEFAULT '';

-- Whether another operator has acted on an order is asked before an action.
CREATE INDEX operator_actions_newest ON operator_actions (order_id, seq);
