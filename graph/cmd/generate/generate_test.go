package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedCodeIsUpToDate generates everything in a copy of the sources, and compares.
func TestGeneratedCodeIsUpToDate(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "gqlgen.yml", "schema", "graph", "internal", "subgraphs", "router/go.mod"} {
		copyTree(t, filepath.Join(root, name), filepath.Join(dir, name))
	}
	t.Setenv("GOWORK", "off")
	t.Chdir(dir)
	if err := run(nil); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("subgraphs", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isGenerated(name) {
			return err
		}
		made, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if kept, err := os.ReadFile(filepath.Join(root, name)); err != nil || !bytes.Equal(made, kept) {
			t.Errorf("%s is not what `make generate` makes", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func isGenerated(name string) bool {
	return strings.HasSuffix(name, ".resolvers.go") || filepath.Base(filepath.Dir(name)) == "generated"
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(name, from))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
