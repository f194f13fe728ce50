-- Cancellation policies of what is ordered without being in a list of the
-- catalogue: one a kind of order, null where everything is given back.
CREATE TABLE policies (
    kind       {{.Key}} NOT NULL PRIMARY KEY,
    doc        {{.JSON}} NOT NULL,
    changed_by {{.Key}} NOT NULL,
    changed_at {{.Time}} NOT NULL
);
