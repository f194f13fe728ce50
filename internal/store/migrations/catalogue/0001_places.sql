-- Places to stay, as their owners registered them.
CREATE TABLE places (
    id      {{.Key}} PRIMARY KEY,
    place   {{.JSON}} NOT NULL,
    version bigint NOT NULL
);
