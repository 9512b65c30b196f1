package policy

import (
	"embed"
	"fmt"
	"io/fs"

	"devportal.internal/internal/postgres"
)

// Schema is the schema of the policies in the database.
const Schema = "policy"

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations make the schema.
func Migrations() postgres.Migrations {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(fmt.Sprintf("policy: the migrations are embedded: %v", err))
	}
	return postgres.Migrations{Schema: Schema, Files: files}
}
