package postgres_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

func fruit() postgres.Migrations {
	return postgres.Migrations{Schema: "fruit", Files: fstest.MapFS{
		"00001_apples.sql": {Data: []byte("-- +goose Up\ncreate extension if not exists pg_trgm with schema public;\n" +
			"create table apples (name text primary key);\n")},
		"00002_pears.sql": {Data: []byte("-- +goose Up\ncreate table fruit.pears (name text constraint pears_name unique);\n")},
	}}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	t.Run("tables land in the schema and the version table beside them", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t, fruit())
		rows, err := pool.Query(t.Context(),
			"select table_name::text from information_schema.tables where table_schema = 'fruit' order by 1")
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"apples", "pears", "schema_migrations"}, got); diff != "" {
			t.Errorf("tables (-want +got):\n%s", diff)
		}
	})
	t.Run("concurrent starts of two schemas migrate once each", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t)
		other := fruit()
		other.Schema = "veg"
		other.Files = fstest.MapFS{"00001_a.sql": {Data: []byte(
			"-- +goose Up\ncreate extension if not exists pg_trgm with schema public;\ncreate table leeks (n int);\n")}}
		var group errgroup.Group
		for range 4 {
			group.Go(func() error { return postgres.MigrateAll(t.Context(), pool, fruit(), other) })
			group.Go(func() error { return postgres.MigrateAll(t.Context(), pool, other, fruit()) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a failing migration leaves nothing of itself", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t)
		files := fstest.MapFS{"00001_a.sql": {Data: []byte("-- +goose Up\ncreate table bad.t (n int);\nselect nonsense;\n")}}
		if err := postgres.Migrate(t.Context(), pool, "bad", files); err == nil {
			t.Fatal("no error")
		}
		var found bool
		const query = "select to_regclass('bad.t') is not null"
		if err := pool.QueryRow(t.Context(), query).Scan(&found); err != nil || found {
			t.Errorf("table left behind: %v, %v", found, err)
		}
	})
	t.Run("a schema name that needs quoting is refused", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t)
		if err := postgres.Migrate(t.Context(), pool, `x"; drop`, fruit().Files); err == nil {
			t.Error("no error")
		}
	})
	t.Run("no migrations make an empty schema", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t)
		if err := postgres.Migrate(t.Context(), pool, "bare", fstest.MapFS{}); err != nil {
			t.Error(err)
		}
	})
}

func TestCountStatements(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t, fruit())
	outerCtx, outer := postgres.CountStatements(t.Context())
	ctx, inner := postgres.CountStatements(outerCtx)
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("insert into fruit.apples values ('a')")
		batch.Queue("insert into fruit.apples values ('b')")
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(outerCtx, "select 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "select 2"); err != nil {
		t.Fatal(err)
	}
	if inner.Count() != 2 || outer.Count() != 3 {
		t.Errorf("inner %d, outer %d statements, want 2 and 3: %q", inner.Count(), outer.Count(), outer.SQL())
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t, fruit())
	exec := func(sql string) error { _, err := pool.Exec(t.Context(), sql); return err }
	if err := exec("insert into fruit.pears values ('x')"); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, cancelledErr := pool.Exec(cancelled, "select 1")
	_, goneErr := pgx.Connect(t.Context(), "postgres:///x?host=/nonexistent")
	tests := map[string]struct {
		err  error
		want fault.Kind
	}{
		"no rows":               {pgx.ErrNoRows, fault.KindNotFound},
		"a duplicate":           {exec("insert into fruit.pears values ('x')"), fault.KindConflict},
		"a syntax error":        {exec("selec"), fault.KindInternal},
		"a statement timeout":   {exec("set local statement_timeout = 1; select pg_sleep(1)"), fault.KindUnavailable},
		"a cancelled context":   {cancelledErr, fault.KindUnavailable},
		"no server":             {goneErr, fault.KindUnavailable},
		"a fault stays":         {fault.Invalid("op", "x"), fault.KindInvalid},
		"nothing wrong":         {nil, ""},
		"somebody else's error": {errors.New("x"), fault.KindInternal},
	}
	for name, tt := range tests {
		if got := fault.KindOf(postgres.Fault("op", tt.err)); got != tt.want {
			t.Errorf("%s: kind %q, want %q (%v)", name, got, tt.want, tt.err)
		}
	}
	if !postgres.IsUniqueViolation(exec("insert into fruit.pears values ('x')"), "pears_name") {
		t.Error("the unique index was not recognised by name")
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("a wrong URL's error keeps the password to itself", func(t *testing.T) {
		t.Parallel()
		_, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres://u:canary@127.0.0.1:1/db"})
		if err == nil || contains(err.Error(), "canary") {
			t.Errorf("error = %v", err)
		}
		_, err = postgres.Open(t.Context(), postgres.Options{URL: "postgres://u:canary@127.0.0.1:x/db"})
		if err == nil || contains(err.Error(), "canary") {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("statements are bounded in time", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t)
		var timeout string
		if err := pool.QueryRow(t.Context(), "show statement_timeout").Scan(&timeout); err != nil || timeout != "30s" {
			t.Errorf("statement_timeout = %q, %v", timeout, err)
		}
	})
}
