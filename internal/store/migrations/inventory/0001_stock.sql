-- What each place has to give, night by night.
CREATE TABLE stock (
    place_id  {{.Key}} NOT NULL,
    night     {{.Key}} NOT NULL,
    capacity  integer NOT NULL,
    remaining integer NOT NULL,
    PRIMARY KEY (place_id, night),
    CHECK (remaining >= 0 AND remaining <= capacity)
);

-- What came of each hold. acted: it was done, and then undone.
CREATE TABLE holds (
    key        text PRIMARY KEY,
    order_id   text NOT NULL,
    place_id   {{.Key}} NOT NULL,
    from_night {{.Key}} NOT NULL,
    to_night   {{.Key}} NOT NULL,
    rooms      integer NOT NULL,
    state      text NOT NULL,
    reason     text NOT NULL,
    acted      boolean NOT NULL,
    at         {{.Time}} NOT NULL,
    CHECK (rooms > 0 AND from_night < to_night)
);
