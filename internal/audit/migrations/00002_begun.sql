-- +goose Up

-- Mutations that have begun and of which nobody has told yet what came of them.
CREATE TABLE audit.begun (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind        text NOT NULL,
    action      text NOT NULL,
    trace_id    text NOT NULL,
    facts       text NOT NULL
);

CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON audit.begun
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER chaining_only BEFORE DELETE ON audit.begun
    FOR EACH ROW EXECUTE FUNCTION audit.allow_chaining();

-- +goose Down
DROP TABLE audit.begun;
