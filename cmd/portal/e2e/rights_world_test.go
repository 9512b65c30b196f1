package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// marked is a copy of the examples in which each entity and each page of a documentation has a mark, a word that is
// nowhere else.
type marked struct {
	folder string
	marks  map[string]string // of entities, by ref
	pages  map[string]string // of pages, by the folder of the site that they are in
	sites  map[string]string // the folder of an entity's site, by the entity's ref
}

func mark(n int) string { return fmt.Sprintf("mk%04xz", n) }

func markExamples(t *testing.T) *marked {
	t.Helper()
	m := &marked{folder: t.TempDir(), marks: map[string]string{}, pages: map[string]string{}, sites: map[string]string{}}
	if err := os.CopyFS(m.folder, os.DirFS(filepath.Join(root(t), "examples"))); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(m.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && strings.HasPrefix(entry.Name(), "skeleton") {
				return fs.SkipDir
			}
			return err
		}
		if filepath.Ext(path) == ".yaml" {
			return m.markEntities(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range m.sites {
		if m.pages[folder] == "" {
			m.pages[folder] = mark(1000 + len(m.pages))
			m.markPages(t, folder)
		}
	}
	return m
}

// markEntities marks the entities of a file, if it is one of the catalog's.
func (m *marked) markEntities(path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	changed := false
	for documents := yaml.NewDecoder(bytes.NewReader(source)); ; {
		var document yaml.Node
		if err := documents.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		changed = m.markEntity(&document, filepath.Dir(path)) || changed
		if err := encoder.Encode(&document); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}

func (m *marked) markEntity(document *yaml.Node, folder string) bool {
	var entity struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct {
			Name, Namespace string
			Annotations     map[string]string
		}
	}
	if document.Decode(&entity) != nil || !strings.Contains(entity.APIVersion, "backstage.io/") {
		return false
	}
	if entity.Metadata.Namespace == "" {
		entity.Metadata.Namespace = "default"
	}
	ref := strings.ToLower(entity.Kind + ":" + entity.Metadata.Namespace + "/" + entity.Metadata.Name)
	m.marks[ref] = mark(len(m.marks) + 1)
	if site, ok := strings.CutPrefix(entity.Metadata.Annotations["backstage.io/techdocs-ref"], "dir:"); ok {
		m.sites[ref] = filepath.Join(folder, site)
	}
	metadata := member(document.Content[0], "metadata")
	for _, name := range []string{"title", "description"} {
		if value := member(metadata, name); value != nil {
			value.Value += " " + m.marks[ref]
		} else {
			metadata.Content = append(metadata.Content, scalar(name), scalar(m.marks[ref]))
		}
	}
	return true
}

func member(mapping *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i+1]
		}
	}
	return nil
}

func scalar(value string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: value} }

func (m *marked) markPages(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(folder, "docs"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, append(text, "\n\nSee "+m.pages[folder]+".\n"...), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// thing is an entity as an Admin sees it, with what hangs on it.
type thing struct {
	ID, Ref, Kind, Namespace, Name string
	Tags                           []string
	Labels, Annotations            []struct{ Key, Value string }
	Owners                         []struct{ Ref string }
	Spec                           map[string]any
	Docs                           *struct{ ID string }
	Cost                           *struct{ Total struct{ Amount json.Number } }
	Kubernetes                     *struct {
		Workloads struct{ Nodes []struct{ ID string } }
	}
	Relations struct {
		Nodes []struct {
			Type   string
			Target *struct{ Ref string }
		}
	}
}

const thingQuery = `query($after: String) { entities(first: 50, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
	id ref kind namespace name tags labels { key value } annotations { key value } owners { ref } spec docs { id } cost(last: 30) { total { amount } }
	kubernetes { workloads(first: 50) { nodes { id } } } relations(first: 50, types: ["memberOf"]) { nodes { type target { ref } } } } } }`

// things are all entities that the caller sees, by ref.
func (c client) things(t *testing.T) map[string]*thing {
	t.Helper()
	all := map[string]*thing{}
	variables := map[string]any{}
	for {
		var data struct {
			Entities struct {
				TotalCount int
				PageInfo   struct {
					HasNextPage bool
					EndCursor   *string
				}
				Nodes []*thing
			}
		}
		got := c.ask(t, thingQuery, variables)
		if err := json.Unmarshal(got.Data, &data); err != nil {
			t.Fatalf("%v: %s %v", err, got.Data, got.Errors)
		}
		for _, e := range data.Entities.Nodes {
			all[e.Ref] = e
		}
		if !data.Entities.PageInfo.HasNextPage {
			if len(all) != data.Entities.TotalCount {
				t.Errorf("%d entities in pages of a list of %d", len(all), data.Entities.TotalCount)
			}
			return all
		}
		variables["after"] = data.Entities.PageInfo.EndCursor
	}
}
