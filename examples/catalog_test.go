package examples_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// entity is a descriptor as far as these tests look at it.
type entity struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name        string            `yaml:"name"`
		Namespace   string            `yaml:"namespace"`
		Labels      map[string]string `yaml:"labels"`
		Annotations map[string]string `yaml:"annotations"`
	} `yaml:"metadata"`
	Spec map[string]any `yaml:"spec"`

	file string
}

func (e entity) namespace() string {
	if e.Metadata.Namespace == "" {
		return "default"
	}
	return strings.ToLower(e.Metadata.Namespace)
}

func (e entity) ref() string {
	return strings.ToLower(e.Kind) + ":" + e.namespace() + "/" + strings.ToLower(e.Metadata.Name)
}

func (e entity) restricted() bool { return e.Metadata.Labels["visibility"] == "restricted" }

// texts gives a spec field that holds one text or a list of them.
func (e entity) texts(field string) []string {
	switch value := e.Spec[field].(type) {
	case string:
		return []string{value}
	case []any:
		texts := make([]string, 0, len(value))
		for _, item := range value {
			if text, ok := item.(string); ok {
				texts = append(texts, text)
			}
		}
		return texts
	default:
		return nil
	}
}

// inventory is every entity that is reached from the root location, in the order of reading.
type inventory struct {
	entities []entity
	byRef    map[string]entity
	files    []string
}

// readCatalog follows Locations from catalog-info.yaml on.
func readCatalog(t *testing.T) inventory {
	t.Helper()
	found := inventory{byRef: map[string]entity{}}
	found.follow(t, "catalog-info.yaml")
	return found
}

func (c *inventory) follow(t *testing.T, file string) {
	t.Helper()
	if slices.Contains(c.files, file) {
		t.Fatalf("%s is read twice", file)
	}
	c.files = append(c.files, file)
	for _, e := range readEntities(t, file) {
		if other, taken := c.byRef[e.ref()]; taken {
			t.Errorf("%s is in %s and in %s", e.ref(), other.file, file)
		}
		c.entities = append(c.entities, e)
		c.byRef[e.ref()] = e
		if e.Kind != "Location" {
			continue
		}
		for _, target := range append(e.texts("target"), e.texts("targets")...) {
			matches, err := filepath.Glob(filepath.Join(filepath.Dir(file), target))
			if err != nil || len(matches) == 0 {
				t.Errorf("%s: the target %s matches nothing", e.ref(), target)
			}
			for _, match := range matches {
				c.follow(t, match)
			}
		}
	}
}

func readEntities(t *testing.T, file string) []entity {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var entities []entity
	documents := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var e entity
		err := documents.Decode(&e)
		if errors.Is(err, io.EOF) {
			return entities
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		e.file = file
		entities = append(entities, e)
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	catalog := readCatalog(t)

	t.Run("has at least sixty entities", func(t *testing.T) {
		t.Parallel()
		if len(catalog.entities) < 60 {
			t.Errorf("there are %d", len(catalog.entities))
		}
	})

	t.Run("has every kind, and exactly one of its own", func(t *testing.T) {
		t.Parallel()
		kinds := map[string]int{}
		for _, e := range catalog.entities {
			kinds[e.Kind]++
		}
		for _, kind := range []string{
			"Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "AiResource", "Template", "Runbook",
		} {
			if kinds[kind] == 0 {
				t.Errorf("there is no %s", kind)
			}
			delete(kinds, kind)
		}
		if len(kinds) != 0 {
			t.Errorf("there are kinds that nobody planned: %v", kinds)
		}
	})

	t.Run("comes from several files, some with several documents", func(t *testing.T) {
		t.Parallel()
		documents := map[string]int{}
		for _, e := range catalog.entities {
			documents[e.file]++
		}
		several := 0
		for _, n := range documents {
			if n > 1 {
				several++
			}
		}
		if len(documents) < 10 || several < 5 {
			t.Errorf("%d files, of which %d have several documents", len(documents), several)
		}
	})

	t.Run("leaves no catalog file unread", func(t *testing.T) {
		t.Parallel()
		for _, pattern := range []string{"organisation/*.yaml", "software/*/catalog-info.yaml", "templates/*/template.yaml"} {
			files, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				if !slices.Contains(catalog.files, file) {
					t.Errorf("no location leads to %s", file)
				}
			}
		}
	})

	t.Run("has definitions where they are referred to", func(t *testing.T) {
		t.Parallel()
		for _, e := range catalog.entities {
			definition, ok := e.Spec["definition"].(map[string]any)
			if !ok {
				continue
			}
			target, _ := definition["$text"].(string)
			if _, err := os.Stat(filepath.Join(filepath.Dir(e.file), target)); err != nil || len(definition) != 1 {
				t.Errorf("%s: its definition %v is not there", e.ref(), definition)
			}
		}
	})
}

func TestCheckout(t *testing.T) {
	t.Parallel()
	catalog := readCatalog(t)
	checkout, ok := catalog.byRef["component:default/checkout"]
	if !ok {
		t.Fatal("component:default/checkout is not in the catalog")
	}

	t.Run("was made from a template that is there", func(t *testing.T) {
		t.Parallel()
		if template := checkout.Metadata.Annotations["backstage.io/source-template"]; catalog.byRef[template].Kind != "Template" {
			t.Errorf("%q is no template of the catalog", template)
		}
	})

	t.Run("has an API with an OpenAPI definition of several operations", func(t *testing.T) {
		t.Parallel()
		api := catalog.byRef["api:default/checkout-api"]
		if api.Spec["type"] != "openapi" || !slices.Contains(checkout.texts("providesApis"), "checkout-api") {
			t.Fatal("checkout provides no OpenAPI")
		}
		text, err := os.ReadFile("software/checkout/api/checkout.openapi.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "operationId:"); n < 5 || n != strings.Count(string(text), "summary:") {
			t.Errorf("%d operations, or not every one with a summary", n)
		}
	})

	t.Run("depends on resources and on something restricted", func(t *testing.T) {
		t.Parallel()
		var resources, restricted int
		for _, target := range checkout.texts("dependsOn") {
			e := catalog.byRef[fullRef(target, "", "default")]
			if e.Kind == "Resource" {
				resources++
			}
			if e.restricted() {
				restricted++
			}
		}
		if resources < 2 || restricted != 1 {
			t.Errorf("%d resources, %d restricted", resources, restricted)
		}
	})
}
