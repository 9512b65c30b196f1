package postgres

import (
	"embed"
	"io/fs"

	"devportal.internal/internal/postgres"
)

// Schema is the database schema of sign-in.
const Schema = "signin"

//go:embed migrations/*.sql
var files embed.FS

// Migrations make the schema.
func Migrations() postgres.Migrations {
	top, err := fs.Sub(files, "migrations")
	if err != nil {
		panic("postgres: the migrations are embedded: " + err.Error())
	}
	return postgres.Migrations{Schema: Schema, Files: top}
}
