package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// migrationLock is the advisory lock that every migration of a database takes, whichever its schema: extensions
// belong to the whole database.
const migrationLock int64 = 0x706f7274616c // "portal"

// versionTable is the table, inside each schema, that says which migrations were applied.
const versionTable = "schema_migrations"

// Migrations are the migrations of one schema: files named 00001_what_it_does.sql in goose's form ("-- +goose Up"), at
// the top of Files; or, for a library that brings its own, a function.
type Migrations struct {
	Schema string
	Files  fs.FS
	// Apply is called instead of reading Files. It runs under the same lock, after the schema was created.
	Apply func(ctx context.Context, pool *pgxpool.Pool) error
}

// Migrate creates the schema if it is missing and applies the migrations that it lacks. Any number of processes may
// call it at once: one migrates, the others wait and find nothing left to do. Migrations run with the search path
// "<schema>, public" and without a statement timeout; each is one transaction.
//
// A migration that wants pg_trgm writes CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public.
func Migrate(ctx context.Context, pool *pgxpool.Pool, schema string, files fs.FS) error {
	return migrate(ctx, pool, Migrations{Schema: schema, Files: files})
}

// MigrateAll does for each what [Migrate] does, in order.
func MigrateAll(ctx context.Context, pool *pgxpool.Pool, all ...Migrations) error {
	for _, m := range all {
		if err := migrate(ctx, pool, m); err != nil {
			return err
		}
	}
	return nil
}

func migrate(ctx context.Context, pool *pgxpool.Pool, m Migrations) error {
	schema := m.Schema
	if !schemaName.MatchString(schema) {
		return fmt.Errorf("migrate schema %q: the name is not a plain identifier", schema)
	}
	unlock, err := lockMigrations(ctx, pool)
	if err != nil {
		return fmt.Errorf("migrate schema %s: %w", schema, err)
	}
	defer unlock()
	if err := apply(ctx, pool, m); err != nil {
		return fmt.Errorf("migrate schema %s: %w", schema, err)
	}
	return nil
}

var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// lockMigrations holds the lock on a connection of its own: it is released when that connection ends, however it ends.
func lockMigrations(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	conn, err := pgx.ConnectConfig(ctx, migrationConfig(pool, "public"))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	closeConn := func() { _ = conn.Close(context.WithoutCancel(ctx)) }
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", migrationLock); err != nil {
		closeConn()
		return nil, fmt.Errorf("wait for the migration lock: %w", err)
	}
	return closeConn, nil
}

func apply(ctx context.Context, pool *pgxpool.Pool, m Migrations) error {
	db := stdlib.OpenDB(*migrationConfig(pool, m.Schema+", public"))
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "create schema if not exists "+pgx.Identifier{m.Schema}.Sanitize()); err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	if m.Apply != nil {
		return m.Apply(ctx, pool)
	}
	return applyFiles(ctx, db, m.Schema, m.Files)
}

func applyFiles(ctx context.Context, db *sql.DB, schema string, files fs.FS) error {
	provider, err := newProvider(db, schema, files)
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	return nil
}

func newProvider(db *sql.DB, schema string, files fs.FS) (*goose.Provider, error) {
	return goose.NewProvider(database.DialectPostgres, db, files,
		goose.WithTableName(schema+"."+versionTable),
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)),
	)
}

func migrationConfig(pool *pgxpool.Pool, searchPath string) *pgx.ConnConfig {
	cfg := pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["search_path"] = searchPath
	cfg.RuntimeParams["statement_timeout"] = "0"
	cfg.RuntimeParams["application_name"] = "portal migrations"
	return cfg
}
