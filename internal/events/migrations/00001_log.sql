-- +goose Up

-- What is known of this log as a whole. The epoch tells cursors of this database from those of another.
CREATE TABLE events.head (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch    bigint NOT NULL,
    position bigint NOT NULL DEFAULT 0
);
INSERT INTO events.head (epoch) VALUES (floor(random() * 4294967295)::bigint);

-- Events that are committed but have no cursor yet.
CREATE TABLE events.outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text NOT NULL,
    key         text NOT NULL,
    type        text NOT NULL,
    removal     boolean NOT NULL,
    payload     jsonb NOT NULL,
    appended_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row a key, locked by a transaction that appends to it: transactions that append to one key follow one another.
CREATE TABLE events.keys (
    topic text NOT NULL,
    key   text NOT NULL,
    PRIMARY KEY (topic, key)
);

-- position is the cursor of the topic's last event; horizon that of the last one that is no longer kept.
CREATE TABLE events.topics (
    topic    text PRIMARY KEY,
    position bigint NOT NULL,
    horizon  bigint NOT NULL DEFAULT 0
);

CREATE TABLE events.log (
    topic       text NOT NULL,
    position    bigint NOT NULL,
    key         text NOT NULL,
    type        text NOT NULL,
    removal     boolean NOT NULL,
    payload     jsonb NOT NULL,
    appended_at timestamptz NOT NULL,
    PRIMARY KEY (topic, position)
);
CREATE INDEX log_key ON events.log (topic, key, position DESC);

-- How far a durable reader has come. horizon is the topic's when the reader last began from the start.
CREATE TABLE events.consumers (
    topic    text NOT NULL,
    name     text NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    horizon  bigint NOT NULL DEFAULT 0,
    seen_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, name)
);

-- +goose Down
DROP TABLE events.consumers, events.log, events.topics, events.keys, events.outbox, events.head;
