-- +goose Up
CREATE TABLE signin.signing_keys (
    id     text PRIMARY KEY,
    sealed bytea NOT NULL,
    public bytea NOT NULL,
    made   timestamptz NOT NULL,
    signs  timestamptz NOT NULL
);

-- What the providers said of a person when they last signed in: what their tokens go by.
CREATE TABLE signin.identities (
    subject      text PRIMARY KEY,
    provider     text NOT NULL,
    external_id  text NOT NULL,
    groups       text[] NOT NULL,
    roles        text[] NOT NULL,
    attributes   jsonb NOT NULL,
    signed_in_at timestamptz NOT NULL
);

CREATE TABLE signin.service_accounts (
    subject     text PRIMARY KEY,
    description text NOT NULL,
    roles       text[] NOT NULL,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL
);

-- A token acts as its owner. It is kept as a hash only. The roles and attributes are those of the owner when it was made: they
-- hold until the owner signs in with a provider.
CREATE TABLE signin.tool_tokens (
    id           text PRIMARY KEY,
    hash         bytea NOT NULL,
    owner        text NOT NULL,
    name         text NOT NULL,
    scopes       text[] NOT NULL,
    roles        text[] NOT NULL,
    attributes   jsonb NOT NULL,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE UNIQUE INDEX tool_tokens_name ON signin.tool_tokens (owner, name);
CREATE INDEX tool_tokens_owner ON signin.tool_tokens (owner, created_at DESC, id);

-- +goose Down
DROP TABLE signin.tool_tokens;
DROP TABLE signin.service_accounts;
DROP TABLE signin.identities;
DROP TABLE signin.signing_keys;
