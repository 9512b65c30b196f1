-- +goose Up

-- Events that are committed, or about to be, and have no place in the chain yet.
CREATE TABLE audit.outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind        text NOT NULL,
    action      text NOT NULL,
    outcome     text NOT NULL,
    code        text NOT NULL,
    trace_id    text NOT NULL,
    facts       text NOT NULL
);

-- facts is the exact text that was hashed: sealed facts are in it as their seals.
CREATE TABLE audit.chain (
    position    bigint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    kind        text NOT NULL,
    action      text NOT NULL,
    outcome     text NOT NULL,
    code        text NOT NULL,
    trace_id    text NOT NULL,
    facts       text NOT NULL,
    hash        bytea NOT NULL
);
CREATE INDEX chain_kind ON audit.chain (kind, position DESC);
CREATE INDEX chain_action ON audit.chain (action, position DESC);
CREATE INDEX chain_time ON audit.chain (recorded_at);

-- Facts about people. place is the fact's place among the facts of its record.
CREATE TABLE audit.sealed (
    position bigint NOT NULL REFERENCES audit.chain,
    place    integer NOT NULL,
    name     text NOT NULL,
    person   text NOT NULL,
    salt     bytea NOT NULL,
    value    text NOT NULL,
    erased   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (position, place)
);
CREATE INDEX sealed_person ON audit.sealed (person, position DESC) WHERE NOT erased;

-- The last record. Whoever chains holds this row.
CREATE TABLE audit.head (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL DEFAULT 0,
    hash     bytea NOT NULL DEFAULT ''
);
INSERT INTO audit.head DEFAULT VALUES;

-- +goose StatementBegin
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % on audit.% is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit.allow_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased OR NOT NEW.erased OR NEW.person <> '' OR NEW.value <> '' OR NEW.salt <> ''
        OR (NEW.position, NEW.place, NEW.name) IS DISTINCT FROM (OLD.position, OLD.place, OLD.name) THEN
        RAISE EXCEPTION 'a sealed fact of the audit log can only be erased' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit.allow_chaining() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('audit.chaining', true), '') <> 'on' THEN
        RAISE EXCEPTION 'the audit log is append-only: what waits in audit.outbox is only taken by chaining it'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit.allow_advance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.position <= OLD.position THEN
        RAISE EXCEPTION 'the head of the audit log only moves forward' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON audit.sealed
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER erasure_only BEFORE UPDATE ON audit.sealed
    FOR EACH ROW EXECUTE FUNCTION audit.allow_erasure();
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON audit.outbox
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER chaining_only BEFORE DELETE ON audit.outbox
    FOR EACH ROW EXECUTE FUNCTION audit.allow_chaining();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON audit.head
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER advance_only BEFORE UPDATE ON audit.head
    FOR EACH ROW EXECUTE FUNCTION audit.allow_advance();

-- +goose Down
DROP TABLE audit.sealed, audit.chain, audit.outbox, audit.head;
DROP FUNCTION audit.refuse(), audit.allow_erasure(), audit.allow_chaining(), audit.allow_advance();
