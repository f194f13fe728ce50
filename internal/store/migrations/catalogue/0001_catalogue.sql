-- What can be ordered, as its owners registered it: places to stay, menus and
-- drinks. version counts changes.
CREATE TABLE places (
    id      {{.Key}} PRIMARY KEY,
    doc     {{.JSON}} NOT NULL,
    version bigint NOT NULL DEFAULT 1
);

CREATE TABLE menus (
    id  {{.Key}} PRIMARY KEY,
    doc {{.JSON}} NOT NULL
);

CREATE TABLE drinks (
    id  {{.Key}} PRIMARY KEY,
    doc {{.JSON}} NOT NULL
);

-- Drinks that are no longer sold, and how far the cancellation of their orders
-- has come.
CREATE TABLE drink_deletions (
    drink_id  {{.Key}} PRIMARY KEY,
    orders    integer NOT NULL,
    cancelled integer NOT NULL,
    over      integer NOT NULL,
    done      boolean NOT NULL
);
