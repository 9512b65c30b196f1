-- +goose Up
CREATE TABLE catalog.locations (
    id            text COLLATE "C" PRIMARY KEY,
    type          text NOT NULL,
    target        text NOT NULL,
    registered    boolean NOT NULL,
    allowed_kinds text[] NOT NULL DEFAULT '{}',
    errors        jsonb NOT NULL DEFAULT '[]',
    last_read_at  timestamptz,
    -- when the reading began that was applied last: an older one that comes late is not applied
    read_began_at timestamptz,
    UNIQUE (type, target)
);

-- The first columns are those of internal/entityindex: one access predicate serves both.
CREATE TABLE catalog.entities (
    id            text PRIMARY KEY,
    ref           text COLLATE "C" NOT NULL UNIQUE,
    kind          text NOT NULL,
    namespace     text NOT NULL,
    name          text NOT NULL,
    title         text NOT NULL DEFAULT '',
    owners        text[] NOT NULL DEFAULT '{}',
    type          text NOT NULL DEFAULT '',
    lifecycle     text NOT NULL DEFAULT '',
    system        text NOT NULL DEFAULT '',
    tags          text[] NOT NULL DEFAULT '{}',
    labels        jsonb NOT NULL DEFAULT '{}',
    annotations   jsonb NOT NULL DEFAULT '{}',
    spec          jsonb NOT NULL DEFAULT '{}',
    api_version   text NOT NULL,
    description   text NOT NULL DEFAULT '',
    links         jsonb NOT NULL DEFAULT '[]',
    metadata      jsonb NOT NULL DEFAULT '{}',
    labels_folded text[] NOT NULL DEFAULT '{}',
    operations    jsonb NOT NULL DEFAULT '[]',
    location_id   text NOT NULL REFERENCES catalog.locations (id),
    source        text NOT NULL,
    status        jsonb NOT NULL DEFAULT '[]',
    orphan        boolean NOT NULL DEFAULT FALSE,
    hash          text NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX entities_kind ON catalog.entities (lower(kind), ref);
CREATE INDEX entities_type ON catalog.entities (lower(type), ref);
CREATE INDEX entities_namespace ON catalog.entities (lower(namespace), ref);
CREATE INDEX entities_location ON catalog.entities (location_id, ref);
CREATE INDEX entities_owners ON catalog.entities USING gin (owners);
CREATE INDEX entities_tags ON catalog.entities USING gin (tags);
CREATE INDEX entities_labels ON catalog.entities USING gin (labels);
CREATE INDEX entities_labels_folded ON catalog.entities USING gin (labels_folded);

-- Each relation is there in both directions; origin is the entity whose file says so.
CREATE TABLE catalog.relations (
    origin_id  text NOT NULL REFERENCES catalog.entities (id) ON DELETE CASCADE,
    source_ref text COLLATE "C" NOT NULL,
    type       text COLLATE "C" NOT NULL,
    target_ref text COLLATE "C" NOT NULL,
    PRIMARY KEY (origin_id, source_ref, type, target_ref)
);
CREATE INDEX relations_source ON catalog.relations (source_ref, type, target_ref);

-- What URLs answered last, for when they answer that nothing has changed.
CREATE TABLE catalog.fetched (
    url           text PRIMARY KEY,
    etag          text NOT NULL DEFAULT '',
    last_modified text NOT NULL DEFAULT '',
    body          bytea NOT NULL,
    fetched_at    timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE catalog.fetched;
DROP TABLE catalog.relations;
DROP TABLE catalog.entities;
DROP TABLE catalog.locations;
