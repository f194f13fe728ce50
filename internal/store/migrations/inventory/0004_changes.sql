-- The change of a hold that is under way. Until it is made or dropped, what it asks for
-- beyond the hold is held by holds of its own: their keys are the change's, with / and a
-- number.
ALTER TABLE holds ADD COLUMN changing text;

-- What came of each change of a hold. made: the hold is what the change asked for. agreed:
-- what else belongs to it, in the words of the one that asked for it.
CREATE TABLE hold_changes (
    key       text PRIMARY KEY,
    hold_key  text NOT NULL,
    from_day  {{.Key}} NOT NULL,
    to_day    {{.Key}} NOT NULL,
    quantity  integer NOT NULL,
    state     text NOT NULL,
    reason    text NOT NULL,
    made      boolean NOT NULL,
    remaining integer,
    agreed    text NOT NULL,
    at        {{.Time}} NOT NULL,
    CHECK (quantity > 0 AND from_day < to_day)
);

CREATE INDEX hold_changes_by_hold ON hold_changes (hold_key);
