-- The day before which a hold ended when it was made. It is set once its end is
-- decided: to_day is that end from then on, and what counts.
ALTER TABLE holds ADD COLUMN held_to_day {{.Key}};
