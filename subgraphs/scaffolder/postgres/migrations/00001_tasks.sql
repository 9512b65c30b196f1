-- +goose Up

-- attempt is the number of the attempt that holds the task; events is how many events tell of it; start_cursor is a place
-- in the event log before the first of them. secrets are sealed, and NULL as soon as the task has ended.
CREATE TABLE scaffolder.tasks (
    id           text PRIMARY KEY,
    job_id       bigint NOT NULL DEFAULT 0,
    template_ref text NOT NULL,
    template     jsonb NOT NULL,
    created_by   text NOT NULL,
    principal    jsonb NOT NULL,
    dry_run      boolean NOT NULL,
    parameters   jsonb NOT NULL,
    secrets      bytea,
    status       text NOT NULL DEFAULT 'OPEN',
    attempt      integer NOT NULL DEFAULT 0,
    workspace    text NOT NULL DEFAULT '',
    events       bigint NOT NULL DEFAULT 0,
    start_cursor text NOT NULL,
    output       jsonb,
    error        text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    completed_at timestamptz
);
CREATE INDEX tasks_newest ON scaffolder.tasks (created_at DESC, id DESC);
CREATE INDEX tasks_status ON scaffolder.tasks (status, created_at DESC, id DESC);
CREATE INDEX tasks_creator ON scaffolder.tasks (created_by, created_at DESC, id DESC);

CREATE TABLE scaffolder.steps (
    task_id    text NOT NULL REFERENCES scaffolder.tasks ON DELETE CASCADE,
    position   integer NOT NULL,
    id         text NOT NULL,
    name       text NOT NULL,
    action     text NOT NULL,
    status     text NOT NULL DEFAULT 'OPEN',
    output     jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz,
    ended_at   timestamptz,
    PRIMARY KEY (task_id, position)
);

-- Which task's catalog:register brought an entity into the catalog.
CREATE TABLE scaffolder.created_entities (
    ref     text PRIMARY KEY,
    task_id text NOT NULL REFERENCES scaffolder.tasks ON DELETE CASCADE
);
CREATE INDEX created_entities_task ON scaffolder.created_entities (task_id);

-- +goose Down
DROP TABLE scaffolder.created_entities, scaffolder.steps, scaffolder.tasks;
