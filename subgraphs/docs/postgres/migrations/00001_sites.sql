-- +goose Up

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- A site is known by its entity's id.
CREATE TABLE docs.sites (
    entity_id   text PRIMARY KEY,
    folder      text NOT NULL,
    title       text NOT NULL,
    description text NOT NULL,
    etag        text NOT NULL,
    nav         jsonb NOT NULL,
    warnings    jsonb NOT NULL,
    pages       int NOT NULL,
    built_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sites_folder ON docs.sites (folder);

CREATE TABLE docs.pages (
    entity_id text NOT NULL REFERENCES docs.sites ON DELETE CASCADE,
    path      text NOT NULL,
    ordinal   int NOT NULL,
    title     text NOT NULL,
    html      text NOT NULL,
    headings  jsonb NOT NULL,
    edit_url  text NOT NULL,
    text      text NOT NULL,
    words     text NOT NULL, -- the title and the headings: what near misses are looked for in
    search    tsvector NOT NULL,
    PRIMARY KEY (entity_id, path),
    UNIQUE (entity_id, ordinal)
);
CREATE INDEX pages_search ON docs.pages USING gin (search);
CREATE INDEX pages_words ON docs.pages USING gin (words public.gin_trgm_ops);

-- The last build of each site, also of one that never worked; error is for the site's authors.
CREATE TABLE docs.builds (
    entity_id text PRIMARY KEY,
    error     text NOT NULL,
    ended_at  timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE docs.builds, docs.pages, docs.sites;
