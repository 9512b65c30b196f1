-- +goose Up

CREATE TABLE policy.versions (
    version    bigint PRIMARY KEY,
    rules      text NOT NULL,
    conditions text NOT NULL,
    author     text NOT NULL,
    reason     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Who has which role, from one version until, but not in, another.
CREATE TABLE policy.bindings (
    member        text NOT NULL,
    role          text NOT NULL,
    from_version  bigint NOT NULL REFERENCES policy.versions,
    until_version bigint REFERENCES policy.versions,
    PRIMARY KEY (member, role, from_version)
);
CREATE INDEX bindings_current ON policy.bindings (member, role) WHERE until_version IS NULL;

-- +goose Down
DROP TABLE policy.bindings, policy.versions;
