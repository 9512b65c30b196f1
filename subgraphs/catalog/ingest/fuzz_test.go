package ingest_test

import (
	"os"
	"path/filepath"
	"testing"

	"devportal.internal/subgraphs/catalog"
)

// FuzzReading holds that no text whatever makes reading panic, and that what passes the rules can be stored.
func FuzzReading(f *testing.F) {
	for _, seed := range []string{
		"", "a: b", "---\n---\n", bomb(2), "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: a}\nspec: {type: t, children: []}\n",
		"apiVersion: v1\nkind: X\nmetadata: {name: x, links: [{url: y}]}\nspec: {$text: x}\n", "a: &a {b: *a}", "<<: [*a]", "? {}\n: x",
	} {
		f.Add([]byte(seed))
	}
	root := f.TempDir()
	path := filepath.Join(root, "x.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		reading := read(t, root, nil, catalog.Location{Type: "file", Target: "x.yaml"})
		for _, e := range reading.Entities {
			if e.Entity.Ref == "" || e.Entity.Hash == "" || len(e.Entity.Spec) == 0 {
				t.Errorf("entity %+v", e)
			}
		}
	})
}
