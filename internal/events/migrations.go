package events

import (
	"embed"
	"fmt"
	"io/fs"
)

// Schema is the schema of the log in the database.
const Schema = "events"

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations gives the migrations of [Schema], in goose's form.
func Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(fmt.Sprintf("events: the migrations are embedded: %v", err))
	}
	return files
}
