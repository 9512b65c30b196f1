package postgres

import (
	"embed"
	"io/fs"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

// Schema is the database schema of the scaffolder subgraph.
const Schema = "scaffolder"

// Migrations make the schema: the tasks, and the index of entities.
func Migrations() postgres.Migrations {
	own, err := fs.Sub(files, "migrations")
	if err != nil {
		panic("scaffolder: the embedded migrations are gone: " + err.Error())
	}
	return postgres.Migrations{Schema: Schema, Files: entityindex.WithMigration(own, "00002_entity_index.sql", Schema)}
}
