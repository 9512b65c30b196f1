package postgres

import (
	"embed"
	"io/fs"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

// Schema is the database schema of the docs subgraph.
const Schema = "docs"

// Migrations make the schema: the sites, and the index of entities that they belong to.
func Migrations() postgres.Migrations {
	own, err := fs.Sub(files, "migrations")
	if err != nil {
		panic("docs: the embedded migrations are gone: " + err.Error())
	}
	return postgres.Migrations{Schema: Schema, Files: entityindex.WithMigration(own, "00002_entity_index.sql", Schema)}
}
