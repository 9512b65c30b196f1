package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/scaffolder/nunjucks"
)

// skeletonValues are what a template's step would fill a skeleton in with; the names need quotes and are hard to escape.
func skeletonValues() map[string]map[string]any {
	return map[string]map[string]any{
		"templates/node-service/skeleton": {
			"name": "gift-cards", "description": `Cards that say "thank you": all of them`, "owner": "group:default/checkout-team",
			"system": "system:default/purchasing", "port": 8080, "lifecycle": "experimental", "docs": true,
		},
		"templates/documentation-site/skeleton": {
			"name": "handbook", "title": "Handbook: the whole of it", "chapters": []string{"guide", "reference"},
		},
		"templates/documentation-site/page": {"chapter": "guide"},
		"templates/partner-integration/skeleton": {
			"partner": "outdoor-shop", "region": "eu", "repository": "partner", "limits": map[string]int{"orders": 100},
		},
	}
}

// render fills in every file of a skeleton, and gives them by name.
func render(t *testing.T, folder string, values map[string]any) map[string]string {
	t.Helper()
	renderer, err := nunjucks.New(nunjucks.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, ".github") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := renderer.Render(t.Context(), strings.TrimPrefix(path, folder+"/"), map[string]any{"values": values}, nunjucks.Options{})
		if err != nil {
			return err
		}
		files[strings.TrimSuffix(name, ".njk")], err = renderer.Render(t.Context(), string(text), map[string]any{"values": values}, nunjucks.Options{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSkeletons(t *testing.T) {
	t.Parallel()
	for folder, values := range skeletonValues() {
		t.Run(folder+" can be filled in, and gives YAML where it should", func(t *testing.T) {
			t.Parallel()
			for name, text := range render(t, folder, values) {
				if strings.Contains(name+text, "${{") || strings.Contains(text, "{%") {
					t.Errorf("%s has something left over:\n%s", name, text)
				}
				if filepath.Ext(name) != ".yaml" && filepath.Ext(name) != ".yml" {
					continue
				}
				var document map[string]any
				if err := yaml.Unmarshal([]byte(text), &document); err != nil {
					t.Errorf("%s: %v:\n%s", name, err, text)
				}
			}
		})
	}

	t.Run("of the service describe an entity that the catalog takes", func(t *testing.T) {
		t.Parallel()
		const folder = "templates/node-service/skeleton"
		var document map[string]any
		if err := yaml.Unmarshal([]byte(render(t, folder, skeletonValues()[folder])["catalog-info.yaml"]), &document); err != nil {
			t.Fatal(err)
		}
		if _, err := catalog.Envelope(document).Validate(); err != nil {
			t.Error(err)
		}
	})
}
