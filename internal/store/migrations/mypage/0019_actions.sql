-- What operators do: a line before an action, and one of the same id with what came of
-- it. Lines are appended, and neither changed nor removed.
CREATE TABLE operator_actions (
    seq      {{.Serial}},
    id       {{.Key}} NOT NULL,
    at       {{.Time}} NOT NULL,
    by_id    {{.Key}} NOT NULL,
    action   text NOT NULL,
    order_id {{.Key}} NOT NULL,
    reason   text NOT NULL,
    outcome  text NOT NULL -- '' before the action
);

CREATE UNIQUE INDEX operator_actions_once ON operator_actions (id, outcome);
CREATE INDEX operator_actions_at ON operator_actions (at, id);
CREATE INDEX operator_actions_of_order ON operator_actions (order_id, at, id);

{{.AppendOnly "operator_actions"}}
