package ingest_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"devportal.internal/internal/events"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/catalog/ingest"
)

// memory is a store that keeps the last reading of each location, and what URLs answered.
type memory struct {
	ingest.Store
	locations map[string]*catalog.Location
	readings  map[string]catalog.Reading
	fetched   map[string][]byte
}

func (m *memory) Configure(_ context.Context, l catalog.Location) (*catalog.Location, error) {
	l.ID = l.String()
	m.locations[l.ID] = &l
	return &l, nil
}

func (m *memory) NotConfigured(context.Context, []string) ([]*catalog.Location, error) {
	return nil, nil
}

func (m *memory) ListLocations(_ context.Context, part catalog.Slice) ([]*catalog.Location, error) {
	if part.After != "" {
		return nil, nil
	}
	var all []*catalog.Location
	for _, id := range slices.Sorted(maps.Keys(m.locations)) {
		all = append(all, m.locations[id])
	}
	return all, nil
}

func (m *memory) Apply(_ context.Context, r catalog.Reading, _ string) (events.Receipt, error) {
	m.readings[r.Location.ID] = r
	return events.Receipt{}, nil
}

func (m *memory) Fetched(_ context.Context, url string) (urlreader.Condition, []byte, error) {
	if body, ok := m.fetched[url]; ok {
		return urlreader.Condition{ETag: "seen"}, body, nil
	}
	return urlreader.Condition{}, nil, nil
}

func (m *memory) SaveFetched(_ context.Context, url string, _ urlreader.Condition, body []byte) error {
	m.fetched[url] = body
	return nil
}

// read reads one location over a folder.
func read(t *testing.T, root string, urls ingest.URLReader, location catalog.Location) catalog.Reading {
	t.Helper()
	store := &memory{
		locations: map[string]*catalog.Location{}, readings: map[string]catalog.Reading{}, fetched: map[string][]byte{},
	}
	keeper, err := ingest.New(ingest.Options{Store: store, Roots: []string{root}, URLs: urls, Locations: []catalog.Location{location}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keeper.Close() })
	if err := keeper.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, reading := range store.readings {
		return reading
	}
	t.Fatal("nothing was read")
	return catalog.Reading{}
}

// summary says what came of a reading, a line each.
func summary(r catalog.Reading, root string) string {
	var lines []string
	for _, e := range r.Entities {
		line := "entity " + e.Entity.Ref
		for _, relation := range e.Relations {
			line += " " + relation.Type + "=" + relation.Target
		}
		lines = append(lines, line)
	}
	for ref := range r.Faulty {
		lines = append(lines, "faulty "+ref)
	}
	for target, item := range r.Unread {
		lines = append(lines, "unread "+relative(target, root)+" "+item.Code)
	}
	for _, e := range r.Errors {
		lines = append(lines, "error "+relative(e.Target, root)+" "+e.Code)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func relative(target, root string) string { return strings.TrimPrefix(target, root+"/") }

// TestReadings reads the archives in testdata: files of a folder, what is read as `location`, and what must come of it
// as `want`.
func TestReadings(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("archives: %v %v", archives, err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			root, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			target, want := unpack(t, archive, root)
			reading := read(t, root, nil, catalog.Location{Type: "file", Target: target})
			if diff := cmp.Diff(want, summary(reading, root)); diff != "" {
				t.Errorf("reading (-want +got):\n%s\n%+v", diff, reading.Errors)
			}
		})
	}
}

func unpack(t *testing.T, archive *txtar.Archive, root string) (target, want string) {
	t.Helper()
	for _, file := range archive.Files {
		switch file.Name {
		case "location":
			target = strings.TrimSpace(string(file.Data))
		case "want":
			want = string(file.Data)
		default:
			path := filepath.Join(root, file.Name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, file.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return target, want
}
