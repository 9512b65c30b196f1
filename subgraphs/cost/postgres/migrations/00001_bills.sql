-- +goose Up

-- One bill file each. Importing it again replaces its charges.
CREATE TABLE cost.sources (
    name             text PRIMARY KEY,
    digest           text NOT NULL,
    currency         text NOT NULL,
    complete_through date,
    row_count        bigint NOT NULL,
    problem_count    bigint NOT NULL,
    imported_at      timestamptz NOT NULL DEFAULT now()
);

-- What the rules made of tags: an entity's reference, or the value of a label or an annotation, or neither.
CREATE TABLE cost.attributions (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref      text NOT NULL,
    property text NOT NULL CHECK (property IN ('', 'label', 'annotation')),
    key      text NOT NULL,
    value    text NOT NULL,
    UNIQUE (ref, property, key, value)
);
CREATE INDEX attributions_by_property ON cost.attributions (property) WHERE property <> '';

CREATE TABLE cost.daily_charges (
    source         text NOT NULL REFERENCES cost.sources ON DELETE CASCADE,
    day            date NOT NULL,
    service        text NOT NULL,
    attribution_id bigint NOT NULL REFERENCES cost.attributions,
    amount         numeric NOT NULL
);
CREATE INDEX daily_charges_attribution ON cost.daily_charges (attribution_id, day);
CREATE INDEX daily_charges_day ON cost.daily_charges (day);
CREATE INDEX daily_charges_source ON cost.daily_charges (source);

-- Which anomalies have been told of already.
CREATE TABLE cost.alerts (
    entity_id text NOT NULL,
    day       date NOT NULL,
    amount    numeric NOT NULL,
    expected  numeric NOT NULL,
    PRIMARY KEY (entity_id, day)
);

-- +goose Down
DROP TABLE cost.alerts, cost.daily_charges, cost.attributions, cost.sources;
