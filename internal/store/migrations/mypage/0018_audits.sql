-- Audits that the service runs by itself or that were asked for. open is 1 until an
-- audit has ended: there is one at a time.
CREATE TABLE audit_runs (
    id           {{.Serial}},
    open         integer UNIQUE,
    state        text NOT NULL, -- waiting, running, done or failed
    asked_by     text NOT NULL,
    asked_at     {{.Time}} NOT NULL,
    begun_at     {{.Time}},
    tries        integer NOT NULL DEFAULT 0,
    leased_until {{.Time}},
    ended_at     {{.Time}},
    orders       integer NOT NULL DEFAULT 0,
    not_judged   integer NOT NULL DEFAULT 0,
    in_motion    integer NOT NULL DEFAULT 0,
    found        integer NOT NULL DEFAULT 0,
    words        text NOT NULL DEFAULT ''
);

CREATE INDEX audit_runs_ended ON audit_runs (ended_at) WHERE ended_at IS NOT NULL;

-- What audits have found. id follows from what it says, so that it is the same in each
-- audit; run is the last audit that saw it.
CREATE TABLE audit_findings (
    id         {{.Key}} PRIMARY KEY,
    kind       text NOT NULL,
    order_id   {{.Key}} NOT NULL,
    item       {{.Key}} NOT NULL,
    says       text NOT NULL,
    remedy     text NOT NULL,
    run        bigint NOT NULL,
    first_seen {{.Time}} NOT NULL,
    last_seen  {{.Time}} NOT NULL,
    closed_at  {{.Time}}
);

CREATE INDEX audit_findings_open ON audit_findings (first_seen, id) WHERE closed_at IS NULL;
CREATE INDEX audit_findings_of_order ON audit_findings (order_id, first_seen, id) WHERE closed_at IS NULL;
CREATE INDEX audit_findings_closed ON audit_findings (closed_at) WHERE closed_at IS NOT NULL;
