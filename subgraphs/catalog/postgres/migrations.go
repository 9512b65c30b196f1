package postgres

import (
	"embed"
	"io/fs"

	"devportal.internal/internal/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

// Schema is the database schema of the catalog.
const Schema = "catalog"

// Migrations make the schema. That of the event log must be there too.
func Migrations() postgres.Migrations {
	top, err := fs.Sub(files, "migrations")
	if err != nil {
		panic("catalog: the embedded migrations are gone: " + err.Error())
	}
	return postgres.Migrations{Schema: Schema, Files: top}
}
