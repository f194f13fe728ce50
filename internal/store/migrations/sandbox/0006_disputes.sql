-- The sandbox in process knows disputes too, and both know since when: evidence is
-- taken for a time from then on.
ALTER TABLE sandbox_charges ADD COLUMN disputed bigint NOT NULL DEFAULT 0;
ALTER TABLE sandbox_charges ADD COLUMN dispute text NOT NULL DEFAULT '';
ALTER TABLE sandbox_charges ADD COLUMN disputed_at {{.Time}};
ALTER TABLE sandbox_intents ADD COLUMN disputed_at {{.Time}};
