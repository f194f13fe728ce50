-- What requests were refused for, or broke down over, once they had begun: the
-- provider repeats that under their key.
CREATE TABLE sandbox_failures (
    key     text PRIMARY KEY,
    request text NOT NULL,
    status  bigint NOT NULL,
    body    text NOT NULL
);
