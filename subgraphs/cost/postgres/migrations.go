package postgres

import (
	"embed"
	"io/fs"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

// Schema is the database schema of the cost subgraph.
const Schema = "cost"

// Migrations make the schema: the bills, and the index of entities that they are attributed to.
func Migrations() postgres.Migrations {
	own, err := fs.Sub(files, "migrations")
	if err != nil {
		panic("cost: the embedded migrations are gone: " + err.Error())
	}
	return postgres.Migrations{Schema: Schema, Files: entityindex.WithMigration(own, "00002_entity_index.sql", Schema)}
}
