package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// site is a mkdocs.yml as far as these tests look at it.
type site struct {
	Name    string `yaml:"site_name"`
	DocsDir string `yaml:"docs_dir"`
	Nav     []any  `yaml:"nav"`
}

// pages gives the files that the nav names, chapters and all.
func pages(nav []any) []string {
	var files []string
	for _, item := range nav {
		switch item := item.(type) {
		case string:
			files = append(files, item)
		case map[string]any:
			for _, value := range item {
				if file, ok := value.(string); ok {
					files = append(files, file)
				}
				if chapter, ok := value.([]any); ok {
					files = append(files, pages(chapter)...)
				}
			}
		}
	}
	return files
}

func TestDocumentationSites(t *testing.T) {
	t.Parallel()
	sites := 0
	for _, e := range readCatalog(t).entities {
		techdocs, ok := e.Metadata.Annotations["backstage.io/techdocs-ref"]
		if !ok {
			continue
		}
		sites++
		t.Run(e.Metadata.Name+" has a title and the pages that its nav names", func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(filepath.Dir(e.file), strings.TrimPrefix(techdocs, "dir:"))
			text, err := os.ReadFile(filepath.Join(folder, "mkdocs.yml"))
			if err != nil {
				t.Fatal(err)
			}
			var site site
			if err := yaml.Unmarshal(text, &site); err != nil {
				t.Fatal(err)
			}
			if site.DocsDir == "" {
				site.DocsDir = "docs"
			}
			files := pages(site.Nav)
			if site.Name == "" || len(files) < 2 {
				t.Errorf("site %q has %d pages", site.Name, len(files))
			}
			for _, file := range files {
				if _, err := os.Stat(filepath.Join(folder, site.DocsDir, file)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if sites != 4 {
		t.Errorf("%d sites, not four", sites)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	templates := 0
	for _, e := range readCatalog(t).entities {
		if e.Kind != "Template" {
			continue
		}
		templates++
		t.Run(e.Metadata.Name+" has steps with known actions and skeletons that are there", func(t *testing.T) {
			t.Parallel()
			if e.APIVersion != "scaffolder.backstage.io/v1beta3" {
				t.Errorf("it is of %s", e.APIVersion)
			}
			steps, _ := e.Spec["steps"].([]any)
			if len(steps) == 0 {
				t.Fatal("it does nothing")
			}
			for _, step := range steps {
				checkStep(t, filepath.Dir(e.file), step)
			}
		})
	}
	if templates != 3 {
		t.Errorf("%d templates, not three", templates)
	}
}

func checkStep(t *testing.T, folder string, step any) {
	t.Helper()
	fields, _ := step.(map[string]any)
	action, _ := fields["action"].(string)
	switch action {
	case "fetch:template", "fetch:plain":
		input, _ := fields["input"].(map[string]any)
		url, _ := input["url"].(string)
		if info, err := os.Stat(filepath.Join(folder, url)); err != nil || !info.IsDir() {
			t.Errorf("%s is not a folder beside the template", url)
		}
	case "fs:rename", "fs:delete", "catalog:write", "catalog:register", "debug:log", "debug:wait", "publish:git":
	default:
		t.Errorf("the portal has no action %q", action)
	}
}
