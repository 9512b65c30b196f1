package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
	"devportal.internal/subgraphs/catalog"
	store "devportal.internal/subgraphs/catalog/postgres"
)

// open gives a store and one location in it.
func open(t *testing.T) (*store.Store, catalog.Location) {
	t.Helper()
	pool := postgrestest.New(t, postgres.Migrations{Schema: "events", Files: events.Migrations()}, store.Migrations())
	s := store.NewStore(pool)
	location, err := s.Configure(t.Context(), catalog.Location{Type: "file", Target: "/a"})
	if err != nil {
		t.Fatal(err)
	}
	return s, *location
}

// emitted makes an entity of an envelope in JSON.
func emitted(t testing.TB, text string) catalog.Emitted {
	t.Helper()
	var envelope catalog.Envelope
	if err := json.Unmarshal([]byte(text), &envelope); err != nil {
		t.Fatal(err)
	}
	validated, err := envelope.Validate()
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Emitted{Validated: validated, Source: "/a"}
}

func component(t testing.TB, name, labels string) catalog.Emitted {
	return emitted(t, fmt.Sprintf(`{"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": %q, "labels": %s},
		"spec": {"type": "service", "lifecycle": "production", "owner": "team"}}`, name, labels))
}

func apply(t testing.TB, s *store.Store, location catalog.Location, entities ...catalog.Emitted) {
	t.Helper()
	_, err := s.Apply(context.Background(), catalog.Reading{
		Location: location, BeganAt: time.Now(), Entities: entities, Visited: map[string]bool{"/a": true},
	}, catalog.OrphansDeleted)
	if err != nil {
		t.Fatal(err)
	}
}

func refs(entities []*catalog.Entity) []string {
	out := []string{}
	for _, e := range entities {
		out = append(out, e.Ref)
	}
	return out
}

func TestWhatIsAppliedIsRead(t *testing.T) {
	t.Parallel()
	s, location := open(t)
	apply(t, s, location, component(t, "a", `{"tier": "1"}`), component(t, "b", `{}`))
	first, err := s.ByRef(t.Context(), entityindex.Everything{}, []string{"component:default/a", "component:default/none"})
	if err != nil || len(first) != 1 {
		t.Fatalf("found %v, %v", first, err)
	}
	a := first["component:default/a"]
	t.Run("with everything that was said", func(t *testing.T) {
		want := entityindex.Entity{
			ID: a.ID, Ref: "component:default/a", Kind: "Component", Namespace: "default", Name: "a",
			Owners: []string{"group:default/team"}, Type: "service", Lifecycle: "production", Tags: []string{},
			Labels: map[string]string{"tier": "1"}, Annotations: map[string]string{},
			Spec: json.RawMessage(`{"type": "service", "owner": "team", "lifecycle": "production"}`),
		}
		if diff := cmp.Diff(want, a.Entity); diff != "" {
			t.Errorf("entity (-want +got):\n%s", diff)
		}
	})
	t.Run("and keeps its id when it changes", func(t *testing.T) {
		apply(t, s, location, component(t, "a", `{"tier": "2"}`), component(t, "b", `{}`))
		again, err := s.ByID(t.Context(), entityindex.Everything{}, []string{a.ID})
		if err != nil || again[a.ID] == nil || again[a.ID].Labels["tier"] != "2" {
			t.Errorf("found %v, %v", again, err)
		}
	})
	t.Run("and goes when it is no longer there", func(t *testing.T) {
		apply(t, s, location, component(t, "b", `{}`))
		left, err := s.List(t.Context(), entityindex.Everything{}, nil, catalog.Slice{Limit: 10})
		if diff := cmp.Diff([]string{"component:default/b"}, refs(left)); diff != "" || err != nil {
			t.Errorf("left (-want +got):\n%s %v", diff, err)
		}
	})
	t.Run("unless the reading was overtaken by a later one", func(t *testing.T) {
		_, err := s.Apply(t.Context(), catalog.Reading{Location: location, BeganAt: time.Now().Add(-time.Hour)}, catalog.OrphansDeleted)
		left, _ := s.Count(t.Context(), entityindex.Everything{}, nil)
		if err != nil || left != 1 {
			t.Errorf("left %d, %v", left, err)
		}
	})
	t.Run("and without access nothing is", func(t *testing.T) {
		for _, access := range []catalog.Access{nil, authz.Deny()} {
			if n, err := s.Count(t.Context(), access, nil); n != 0 || err != nil {
				t.Errorf("counted %d, %v", n, err)
			}
		}
	})
}

// TestFiltersAgree holds that PostgreSQL and [catalog.EntityFilter.Matches] give one answer.
func TestFiltersAgree(t *testing.T) {
	t.Parallel()
	s, location := open(t)
	var all []catalog.Emitted
	for i := range 24 {
		all = append(all, emitted(t, fmt.Sprintf(`{"apiVersion": "backstage.io/v1alpha1", "kind": %q,
			"metadata": {"name": "n%02d", "namespace": %q, "tags": [%q], "labels": {"Tier": %q}},
			"spec": {"type": %q, "lifecycle": %q, "owner": %q, "definition": "d"}}`,
			[]string{"Component", "API"}[i%2], i, []string{"default", "shop"}[i/2%2], []string{"go", "c++", "x-y"}[i%3],
			[]string{"1", "Gold", ""}[i/3%3], []string{"service", "Library"}[i/4%2], []string{"production", "experimental"}[i/5%2],
			[]string{"team", "user:jane"}[i/6%2])))
	}
	apply(t, s, location, all...)
	rapid.Check(t, func(r *rapid.T) {
		filter := drawFilter(r, 3)
		want := []string{}
		for _, e := range all {
			if filter.Matches(&e.Entity.Entity) {
				want = append(want, e.Entity.Ref)
			}
		}
		slices.Sort(want)
		got, err := s.List(context.Background(), entityindex.Everything{}, filter, catalog.Slice{Limit: 100})
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(want, refs(got)); diff != "" {
			r.Fatalf("filter %+v (-memory +database):\n%s", filter, diff)
		}
	})
}

func drawFilter(r *rapid.T, depth int) *catalog.EntityFilter {
	texts := func(values ...string) []string {
		if rapid.Bool().Draw(r, "said") {
			return nil
		}
		return rapid.SliceOfN(rapid.SampledFrom(values), 0, 2).Draw(r, "values")
	}
	f := &catalog.EntityFilter{
		Kind: texts("component", "API", "User"), Namespace: texts("default", "SHOP"), Type: texts("SERVICE", "library"),
		Lifecycle: texts("Production"), Tags: texts("GO", "c++"), Owner: texts("group:default/team", "user:default/jane", "user:shop/jane"),
	}
	if rapid.Bool().Draw(r, "labelled") {
		label := &catalog.KeyValueInput{Key: rapid.SampledFrom([]string{"tier", "TIER", "none"}).Draw(r, "key")}
		if rapid.Bool().Draw(r, "valued") {
			value := rapid.SampledFrom([]string{"gold", "1", ""}).Draw(r, "value")
			label.Value = &value
		}
		f.Labels = []*catalog.KeyValueInput{label}
	}
	if depth > 0 {
		for range rapid.IntRange(0, 2).Draw(r, "any") {
			f.Any = append(f.Any, drawFilter(r, depth-1))
		}
		if rapid.Bool().Draw(r, "not") {
			f.Not = drawFilter(r, depth-1)
		}
	}
	return f
}

func TestPagesFromBothEnds(t *testing.T) {
	t.Parallel()
	s, location := open(t)
	apply(t, s, location, component(t, "a", `{}`), component(t, "b", `{}`), component(t, "c", `{}`), component(t, "B-2", `{}`))
	tests := map[string]struct {
		part catalog.Slice
		want []string
	}{
		"from the front":    {catalog.Slice{Limit: 2}, []string{"component:default/a", "component:default/b"}},
		"after a ref":       {catalog.Slice{Limit: 2, After: "component:default/b"}, []string{"component:default/b-2", "component:default/c"}},
		"from the back":     {catalog.Slice{Limit: 1, Descending: true}, []string{"component:default/c"}},
		"before a ref":      {catalog.Slice{Limit: 9, Descending: true, Before: "component:default/b-2"}, []string{"component:default/b", "component:default/a"}},
		"a hostile cursor":  {catalog.Slice{Limit: 9, After: "'; DROP TABLE catalog.entities; --"}, []string{"component:default/a", "component:default/b", "component:default/b-2", "component:default/c"}},
		"between two of it": {catalog.Slice{Limit: 9, After: "component:default/a", Before: "component:default/c"}, []string{"component:default/b", "component:default/b-2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := s.List(t.Context(), entityindex.Everything{}, nil, tt.part)
			if diff := cmp.Diff(tt.want, refs(got)); diff != "" || err != nil {
				t.Errorf("page (-want +got):\n%s %v", diff, err)
			}
		})
	}
}

func TestAFilterIsBounded(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	deep := &catalog.EntityFilter{}
	for range 20 {
		deep = &catalog.EntityFilter{Not: deep}
	}
	for _, filter := range []*catalog.EntityFilter{deep, {Kind: make([]string, 2000)}, {Any: slices.Repeat([]*catalog.EntityFilter{{}}, 200)}} {
		if _, err := s.Count(t.Context(), entityindex.Everything{}, filter); err == nil {
			t.Error("a filter out of bounds was run")
		}
	}
}
