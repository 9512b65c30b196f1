-- +goose Up
-- Credentials that ended before their time, for two days: what runs for them ends in replicas that did not listen.
CREATE TABLE signin.revocations (
    credential text NOT NULL,
    revoked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX revocations_revoked_at ON signin.revocations (revoked_at);

-- +goose Down
DROP TABLE signin.revocations;
