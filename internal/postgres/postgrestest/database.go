package postgrestest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"devportal.internal/internal/postgres"
)

const (
	setupTimeout = 2 * time.Minute
	testPoolSize = 8
)

// New gives a pool on a fresh database in which the migrations were applied. The pool is closed and the database
// dropped when the test ends. The first call of a process starts the server and takes about half a second; later ones
// take some tens of milliseconds.
func New(t testing.TB, migrations ...postgres.Migrations) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: URL(t, migrations...), MaxConns: testPoolSize})
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// URL gives the connection string of such a database, for a test that opens its own pools or starts a process.
func URL(t testing.TB, migrations ...postgres.Migrations) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), setupTimeout)
	defer cancel()
	s, err := theServer()
	if err != nil {
		t.Fatalf("start PostgreSQL for tests: %v", err)
	}
	name, err := s.newDatabase(ctx, migrations)
	if err != nil {
		t.Fatalf("create a test database: %v", err)
	}
	t.Cleanup(func() { s.dropDatabase(t, name) })
	return s.urlOf(name)
}

// IgnoreServer lets a check for leaked goroutines pass over the one that waits for the shared server.
func IgnoreServer() goleak.Option {
	return goleak.IgnoreAnyFunction("devportal.internal/internal/postgres.(*process).run")
}

// newDatabase copies the template that has these migrations.
func (s *server) newDatabase(ctx context.Context, migrations []postgres.Migrations) (string, error) {
	from, err := s.templateFor(ctx, migrations)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("test_%s_%d", s.prefix, s.counter.Add(1))
	return name, s.createDatabase(ctx, name, from)
}

func (s *server) templateFor(ctx context.Context, migrations []postgres.Migrations) (string, error) {
	if len(migrations) == 0 {
		return "template1", nil
	}
	key, err := digest(migrations)
	if err != nil {
		return "", err
	}
	name := "template_" + s.prefix + "_" + key
	made, _ := s.templates.LoadOrStore(name, sync.OnceValue(func() error {
		return s.makeTemplate(ctx, name, migrations)
	}))
	return name, made.(func() error)()
}

func (s *server) makeTemplate(ctx context.Context, name string, migrations []postgres.Migrations) error {
	if err := s.createDatabase(ctx, name, "template1"); err != nil {
		return err
	}
	pool, err := postgres.Open(ctx, postgres.Options{URL: s.urlOf(name), MaxConns: 2})
	if err != nil {
		return err
	}
	defer pool.Close()
	return postgres.MigrateAll(ctx, pool, migrations...)
}

func digest(migrations []postgres.Migrations) (string, error) {
	hash := sha256.New()
	for _, m := range migrations {
		_, _ = fmt.Fprintf(hash, "schema %s\n", m.Schema)
		if m.Apply != nil {
			continue
		}
		err := fs.WalkDir(m.Files, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(m.Files, path)
			_, _ = fmt.Fprintf(hash, "%s %d\n%s\n", path, len(text), text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read the migrations of %s: %w", m.Schema, err)
		}
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:8]), nil
}

// createDatabase copies from under a lock: PostgreSQL refuses to copy a database that another session uses, and
// template1 counts as used while it is copied.
func (s *server) createDatabase(ctx context.Context, name, from string) error {
	s.creating.Lock()
	defer s.creating.Unlock()
	return s.exec(ctx, fmt.Sprintf("create database %s template %s",
		pgx.Identifier{name}.Sanitize(), pgx.Identifier{from}.Sanitize()))
}

func (s *server) dropDatabase(t testing.TB, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	err := s.exec(ctx, fmt.Sprintf("drop database if exists %s with (force)", pgx.Identifier{name}.Sanitize()))
	if err != nil {
		t.Logf("drop the test database: %v", err)
	}
}

func (s *server) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

func (s *server) urlOf(database string) string {
	u, err := url.Parse(s.url)
	if err != nil {
		panic(fmt.Sprintf("the test server's URL was parsed before: %v", err))
	}
	u.Path = "/" + database
	return u.String()
}
