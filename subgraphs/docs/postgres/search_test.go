package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"devportal.internal/graph/graphtest"
	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/postgres"
)

// nothingOrdered takes orders and does nothing.
type nothingOrdered struct{}

func (nothingOrdered) Build(context.Context, pgx.Tx, entityindex.Entity) error { return nil }
func (nothingOrdered) Clear(context.Context, pgx.Tx, string) error             { return nil }

// only admits the entities with these ids.
type only []string

func (o only) SQL(alias string, args *entityindex.Args) string {
	return alias + ".id = ANY(" + args.Add([]string(o)) + ")"
}

func (o only) Matches(e entityindex.Entity) bool { return slices.Contains(o, e.ID) }

// words are few, so that texts share them.
var words = []string{"rhubarb", "quincunx", "ledger", "outbox", "kestrel"}

func TestASearchShowsWhatIsVisibleAndNothingElse(t *testing.T) {
	t.Parallel()
	bench := graphtest.New(t, postgres.Migrations())
	store := postgres.NewStore(bench.Pool)
	const sites = 6
	var entities []entityindex.Entity
	for i := range sites {
		entities = append(entities, graphtest.Component(fmt.Sprint("e", i), docs.AnnotationRef, "dir:.", docs.AnnotationManagedBy, "file:/srv/x.yaml"))
	}
	consumer := bench.Log.Consumer("docs", entityindex.Topic, postgres.NewProjection(nothingOrdered{}))
	bench.Publish(t, graphtest.Added(entities...))
	if err := consumer.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	build := 0
	rapid.Check(t, func(r *rapid.T) {
		has := map[string]map[string]bool{} // words by entity
		for _, entity := range entities {
			build++
			inText := rapid.SliceOfDistinct(rapid.SampledFrom(words), rapid.ID[string]).Draw(r, entity.ID)
			has[entity.ID] = map[string]bool{}
			for _, word := range inText {
				has[entity.ID][word] = true
			}
			source, err := docs.SourceOf(entity)
			if err != nil {
				r.Fatal(err)
			}
			page := docs.Page{Title: "Page", Text: strings.Join(inText, " ")}
			saved, err := store.Save(t.Context(), entity.ID, source, docs.Built{Title: "T", ETag: fmt.Sprint(build), Pages: []docs.Page{page}})
			if err != nil || !saved {
				r.Fatalf("saved: %t, error %v", saved, err)
			}
		}
		var visible only
		for _, entity := range entities {
			if rapid.Bool().Draw(r, "visible") {
				visible = append(visible, entity.ID)
			}
		}
		word := rapid.SampledFrom(words).Draw(r, "word")
		var want []string
		for _, id := range visible {
			if has[id][word] {
				want = append(want, id)
			}
		}
		checkSearch(t, r, store, word, visible, want)
	})
}

// checkSearch reads all that is found, two at a time.
func checkSearch(t *testing.T, r *rapid.T, store *postgres.Store, word string, visible only, want []string) {
	t.Helper()
	var got []string
	part := entityindex.Keyset{Limit: 2, Backward: rapid.Bool().Draw(r, "backward")}
	for {
		hits, err := store.Search(t.Context(), word, part, visible)
		if err != nil {
			r.Fatal(err)
		}
		for _, hit := range hits {
			got = append(got, hit.EntityID)
			if !strings.Contains(hit.Snippet, "[["+word+"]]") {
				r.Errorf("snippet %q of %s lacks %s", hit.Snippet, hit.EntityID, word)
			}
		}
		if len(hits) < 2 {
			break
		}
		key := []any{-hits[1].Score, hits[1].EntityID, hits[1].Path}
		if part.Backward {
			part.Before = key
		} else {
			part.After = key
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		r.Errorf("%s of %v: found %v, want %v", word, visible, got, want)
	}
	if count, err := store.CountFound(t.Context(), word, visible); err != nil || count != len(want) {
		r.Errorf("count %d, error %v, want %d", count, err, len(want))
	}
}

func TestABuildOfAnotherSourceIsNotSaved(t *testing.T) {
	t.Parallel()
	bench := graphtest.New(t, postgres.Migrations())
	store := postgres.NewStore(bench.Pool)
	bench.Publish(t, graphtest.Added(graphtest.Component("a", docs.AnnotationRef, "dir:.", docs.AnnotationManagedBy, "file:/srv/x.yaml"), graphtest.Component("b")))
	if err := bench.Log.Consumer("docs", entityindex.Topic, postgres.NewProjection(nothingOrdered{})).CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	built := docs.Built{Title: "T", ETag: "1", Pages: []docs.Page{{Title: "P"}}}
	for id, source := range map[string]docs.Source{
		"id-a": {Folder: "/srv/old", Path: "."}, "id-b": {Folder: "/srv", Path: "."}, "id-gone": {Folder: "/srv", Path: "."},
	} {
		if saved, err := store.Save(t.Context(), id, source, built); saved || err != nil {
			t.Errorf("%s of %v: saved %t, error %v", id, source, saved, err)
		}
	}
	if saved, err := store.Save(t.Context(), "id-a", docs.Source{Folder: "/srv", Path: "."}, built); !saved || err != nil {
		t.Errorf("of its own: saved %t, error %v", saved, err)
	}
}
