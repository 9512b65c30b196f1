-- +goose Up
CREATE INDEX entity_index_annotations ON cost.entity_index USING gin (annotations);

-- +goose Down
DROP INDEX cost.entity_index_annotations;
