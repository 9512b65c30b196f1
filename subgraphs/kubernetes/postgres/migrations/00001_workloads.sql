-- +goose Up

CREATE TABLE kubernetes.clusters (
    name         text PRIMARY KEY,
    error        text NOT NULL DEFAULT '',
    last_read_at timestamptz
);

-- detail is the whole workload; the columns beside it are what is searched and sorted by.
CREATE TABLE kubernetes.workloads (
    id         text PRIMARY KEY,
    cluster    text NOT NULL REFERENCES kubernetes.clusters,
    namespace  text NOT NULL,
    kind       text NOT NULL,
    name       text NOT NULL,
    entity_id  text NOT NULL DEFAULT '',
    health     text NOT NULL,
    detail     jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (cluster, namespace, kind, name)
);
CREATE INDEX workloads_entity ON kubernetes.workloads (entity_id, cluster, namespace, kind, name) WHERE entity_id <> '';

-- +goose Down
DROP TABLE kubernetes.workloads, kubernetes.clusters;
