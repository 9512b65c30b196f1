package entityindex_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

const schema = "docs"

func newPool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	own := fstest.MapFS{"00001_own.sql": {Data: []byte("-- +goose Up\nCREATE TABLE docs.own (n int);\n")}}
	return postgrestest.New(t,
		postgres.Migrations{Schema: events.Schema, Files: events.Migrations()},
		postgres.Migrations{Schema: schema, Files: entityindex.WithMigration(own, "00002_entity_index.sql", schema)},
	)
}

func entity(id, name string) *entityindex.Entity {
	return &entityindex.Entity{
		ID: id, Ref: "component:default/" + name, Kind: "Component", Namespace: "default", Name: name, Title: "The " + name,
		Owners: []string{"group:default/a", "user:default/b"}, Type: "service", Lifecycle: "production",
		System: "system:default/shop", Tags: []string{"go"}, Labels: map[string]string{"tier": "1"},
		Annotations: map[string]string{"backstage.io/techdocs-ref": "dir:."}, Spec: json.RawMessage(`{"type": "service"}`),
	}
}

func apply(t *testing.T, pool *pgxpool.Pool, changes ...entityindex.Change) {
	t.Helper()
	all := make([]events.Event, len(changes))
	for i, c := range changes {
		var err error
		if all[i], err = entityindex.NewEvent(c); err != nil {
			t.Fatal(err)
		}
	}
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return entityindex.New(schema).Apply(t.Context(), tx, all)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func refs(t *testing.T, pool *pgxpool.Pool) map[string]string {
	t.Helper()
	all, err := entityindex.New(schema).All(t.Context(), pool, entityindex.Everything{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range all {
		found[e.ID] = e.Ref
	}
	return found
}

func TestIndex(t *testing.T) {
	t.Parallel()
	t.Run("an entity comes back as it was applied", func(t *testing.T) {
		t.Parallel()
		pool := newPool(t)
		apply(t, pool, entityindex.Change{Entity: entity("1", "one")})
		got, err := entityindex.New(schema).ByRef(t.Context(), pool, entityindex.Everything{}, []string{"Component:default/ONE", "component:default/none"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]entityindex.Entity{"component:default/one": *entity("1", "one")}, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a bare entity gets empty columns, not nulls", func(t *testing.T) {
		t.Parallel()
		pool := newPool(t)
		apply(t, pool, entityindex.Change{Entity: &entityindex.Entity{ID: "1", Ref: "x:default/y", Kind: "X", Namespace: "default", Name: "y"}})
		if diff := cmp.Diff(map[string]string{"1": "x:default/y"}, refs(t, pool)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a change, a rename and a removal follow", func(t *testing.T) {
		t.Parallel()
		pool := newPool(t)
		apply(t, pool, entityindex.Change{Entity: entity("1", "one")}, entityindex.Change{Entity: entity("2", "two")})
		apply(t, pool,
			entityindex.Change{Entity: entity("1", "uno"), Previous: entity("1", "one")},
			entityindex.Change{Previous: entity("2", "two")})
		if diff := cmp.Diff(map[string]string{"1": "component:default/uno"}, refs(t, pool)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a ref may move to another entity", func(t *testing.T) {
		t.Parallel()
		pool := newPool(t)
		apply(t, pool, entityindex.Change{Entity: entity("1", "one")}, entityindex.Change{Entity: entity("2", "two")})
		apply(t, pool,
			entityindex.Change{Entity: entity("1", "two"), Previous: entity("1", "one")},
			entityindex.Change{Entity: entity("2", "one"), Previous: entity("2", "two")})
		apply(t, pool, entityindex.Change{Previous: entity("1", "two")}, entityindex.Change{Entity: entity("3", "two")})
		want := map[string]string{"2": "component:default/one", "3": "component:default/two"}
		if diff := cmp.Diff(want, refs(t, pool)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("many events cost two statements", func(t *testing.T) {
		t.Parallel()
		pool := newPool(t)
		var all []events.Event
		for _, name := range []string{"a", "b", "c", "d"} {
			e, _ := entityindex.NewEvent(entityindex.Change{Entity: entity(name, name)})
			all = append(all, e)
		}
		ctx, statements := postgres.CountStatements(t.Context())
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return entityindex.New(schema).Apply(ctx, tx, all) })
		if err != nil || statements.Count() != 2 {
			t.Errorf("%d statements, %v", statements.Count(), err)
		}
	})
}

func TestIndexFollowsTheCatalogsEvents(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	log := events.Open(pool, events.Settings{Poll: 20 * time.Millisecond})
	t.Cleanup(log.Close)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	run := func(f func(context.Context) error) { _ = f(ctx); done <- struct{}{} }
	go run(log.Run)
	go run(log.Consumer("docs", entityindex.Topic, entityindex.New(schema)).Run)
	t.Cleanup(func() { cancel(); <-done; <-done })

	var receipt events.Receipt
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		e, err := entityindex.NewEvent(entityindex.Change{Entity: entity("1", "one")})
		if err != nil {
			return err
		}
		receipt, err = events.Append(ctx, tx, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := log.WaitApplied(ctx, entityindex.Topic, receipt, "docs"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"1": "component:default/one"}, refs(t, pool)); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsOf(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	add := func(id, kind, name, spec string) entityindex.Change {
		return entityindex.Change{Entity: &entityindex.Entity{
			ID: id, Ref: kind + ":default/" + name, Kind: kind, Namespace: "default", Name: name, Spec: json.RawMessage(spec),
		}}
	}
	apply(t, pool,
		add("1", "user", "alice", `{"memberOf": ["Team-A", "group:other/b"]}`),
		add("2", "group", "c", `{"members": ["bob", "user:default/alice"]}`),
		add("3", "group", "d", `{"members": ["bob"]}`),
		add("4", "group", "e", `{"members": "alice"}`),
	)
	got, err := entityindex.New(schema).GroupsOf(t.Context(), pool, "User:default/Alice")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"group:default/c", "group:default/team-a", "group:other/b"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWithMigration(t *testing.T) {
	t.Parallel()
	files := entityindex.WithMigration(fstest.MapFS{"00001_a.sql": {Data: []byte("a")}}, "00002_b.sql", schema)
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"00001_a.sql", "00002_b.sql"}, names); diff != "" {
		t.Error(diff)
	}
	content, err := fs.ReadFile(files, "00002_b.sql")
	if err != nil || string(content) != entityindex.Migration(schema) {
		t.Errorf("%q, %v", content, err)
	}
}

func TestChangeSeenByOneWhoSeesOnlySome(t *testing.T) {
	t.Parallel()
	hidden := func(name string) *entityindex.Entity {
		e := entity("1", name)
		e.Labels = map[string]string{"visibility": "restricted"}
		return e
	}
	visible := func(e entityindex.Entity) bool { return e.Labels["visibility"] != "restricted" }
	for name, test := range map[string]struct {
		change entityindex.Change
		kind   entityindex.Kind
		ref    string
		seen   bool
	}{
		"added":                   {entityindex.Change{Entity: entity("1", "a")}, entityindex.Added, "component:default/a", true},
		"changed":                 {entityindex.Change{Entity: entity("1", "a"), Previous: entity("1", "a")}, entityindex.Changed, "component:default/a", true},
		"removed":                 {entityindex.Change{Previous: entity("1", "a")}, entityindex.Removed, "component:default/a", true},
		"hidden was removed":      {entityindex.Change{Entity: hidden("secret"), Previous: entity("1", "a")}, entityindex.Removed, "component:default/a", true},
		"shown was added":         {entityindex.Change{Entity: entity("1", "a"), Previous: hidden("secret")}, entityindex.Added, "component:default/a", true},
		"hidden stays unknown":    {entityindex.Change{Entity: hidden("a"), Previous: hidden("a")}, "", "", false},
		"a hidden one's removal":  {entityindex.Change{Previous: hidden("a")}, "", "", false},
		"a hidden one's addition": {entityindex.Change{Entity: hidden("a")}, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, ref, seen := test.change.SeenBy(visible)
			if kind != test.kind || ref != test.ref || seen != test.seen {
				t.Errorf("got %q %q %v", kind, ref, seen)
			}
		})
	}
}
