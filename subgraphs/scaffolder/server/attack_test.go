package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devportal.internal/graph/graphtest"
	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/scaffolder"
)

// written is a template of these steps whose skeleton is the folder.
func written(name, folder, steps string) entityindex.Entity {
	return entityindex.Entity{
		ID: "id-" + name, Ref: "template:default/" + name, Kind: "Template", Namespace: "default", Name: name, Labels: map[string]string{},
		Annotations: map[string]string{scaffolder.AnnotationManagedBy: "file:" + filepath.Join(folder, "template.yaml")},
		Spec:        json.RawMessage(`{"steps": [` + steps + `]}`),
	}
}

// step is a step with this action and input.
func step(action, input string) string {
	return fmt.Sprintf(`{"id": %q, "name": "attack", "action": %q, "input": %s}`, "s"+fmt.Sprint(len(input)), action, input)
}

func TestNothingLeavesTheWorkspace(t *testing.T) {
	t.Parallel()
	p := open(t)
	folder := filepath.Join(filepath.Dir(p.work), "attack")
	outside := filepath.Join(filepath.Dir(p.work), "outside.txt")
	write(t, outside, "outside")
	write(t, filepath.Join(folder, "skeleton/ok.txt"), "ok")
	write(t, filepath.Join(folder, "named/${{ values.name }}.txt"), "evil")
	write(t, filepath.Join(folder, "linked/ok.txt"), "ok")
	for link, target := range map[string]string{"linked/link.txt": outside, "folders/up": filepath.Dir(p.work)} {
		place := filepath.Join(folder, link)
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, place); err != nil {
			t.Fatal(err)
		}
	}
	plain := step("fetch:plain", `{"url": "./skeleton"}`)
	attacks := map[string]string{
		"a link in a skeleton":                      step("fetch:plain", `{"url": "./linked"}`),
		"a link in a template's skeleton":           step("fetch:template", `{"url": "./linked"}`),
		"a link to a folder":                        step("fetch:plain", `{"url": "./folders"}`),
		"a folder through a link":                   step("fetch:plain", `{"url": "./folders/up/../../.."}`),
		"a skeleton outside of the roots":           step("fetch:plain", `{"url": "../../../../../../../etc"}`),
		"an absolute skeleton":                      step("fetch:plain", `{"url": "/etc"}`),
		"a file URL":                                step("fetch:plain", `{"url": "file:///etc/passwd"}`),
		"a target above":                            step("fetch:plain", `{"url": "./skeleton", "targetPath": "../out"}`),
		"a target above, in the middle":             step("fetch:template", `{"url": "./skeleton", "targetPath": "a/../../out"}`),
		"an absolute target":                        step("fetch:template", `{"url": "./skeleton", "targetPath": "/tmp/out"}`),
		"a name that leads up":                      step("fetch:template", `{"url": "./named", "values": {"name": "../../outside"}}`),
		"a name that leads up from its target":      step("fetch:template", `{"url": "./named", "targetPath": "a", "values": {"name": "../outside"}}`),
		"git's own folder":                          step("fetch:template", `{"url": "./named", "values": {"name": ".git/hooks/pre-commit"}}`),
		"git's own folder in other letters":         step("catalog:write", `{"filePath": ".GIT/config", "entity": {}}`),
		"renaming out of it":                        plain + "," + step("fs:rename", `{"files": [{"from": "ok.txt", "to": "../outside.txt", "overwrite": true}]}`),
		"renaming into it":                          step("fs:rename", `{"files": [{"from": "../../outside.txt", "to": "in.txt"}]}`),
		"renaming the workspace":                    step("fs:rename", `{"files": [{"from": ".", "to": "in"}]}`),
		"deleting above":                            step("fs:delete", `{"files": ["../*"]}`),
		"deleting an absolute path":                 step("fs:delete", `{"files": ["`+outside+`"]}`),
		"deleting the workspace":                    step("fs:delete", `{"files": ["./"]}`),
		"writing above":                             step("catalog:write", `{"filePath": "../../outside.txt", "entity": {"a": 1}}`),
		"a repository above the root":               step("publish:git", `{"repoUrl": "../evil.git"}`),
		"an absolute repository elsewhere":          step("publish:git", `{"repoUrl": "/tmp/evil.git"}`),
		"a hidden repository":                       step("publish:git", `{"repoUrl": ".unpublished"}`),
		"a repository behind a URL that is not set": step("publish:git", `{"repoUrl": "https://example.com/evil.git"}`),
		"a descriptor above the repository":         step("catalog:register", `{"repoContentsUrl": "`+p.repos+`", "catalogInfoPath": "/../../outside.txt"}`),
	}
	var templates []entityindex.Entity
	ids := map[string]string{}
	for name, steps := range attacks {
		ids[name] = "attack-" + fmt.Sprint(len(ids))
		templates = append(templates, written(ids[name], folder, steps))
	}
	p.bench.Publish(t, graphtest.Added(templates...), "scaffolder")
	for name, id := range ids {
		t.Run(name, func(t *testing.T) {
			got, events := p.ended(t, p.start(t, map[string]any{"template": "template:default/" + id}))
			if got.Status != "FAILED" || got.Error == "" || strings.Contains(got.Error, "internal") {
				t.Errorf("the task is %s: %q\n%+v", got.Status, got.Error, events)
			}
		})
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "outside" {
		t.Errorf("the file outside is %q, %v", text, err)
	}
	if entries, _ := os.ReadDir(p.repos); len(entries) != 0 {
		t.Errorf("repositories were made: %v", entries)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestARepositoryThatIsThereIsNotTouched(t *testing.T) {
	t.Parallel()
	p := open(t)
	write(t, filepath.Join(p.repos, "gift-cards.git", "precious.txt"), "precious")
	got, _ := p.ended(t, p.start(t, map[string]any{"template": "template:default/node-service", "parameters": map[string]any{
		"name": "gift-cards", "owner": "group:default/checkout-team",
	}}))
	if got.Status != "FAILED" || !strings.Contains(got.Error, "already") || !strings.HasSuffix(got.statuses(), "publish=FAILED register=SKIPPED") {
		t.Errorf("the task is %s: %s: %s", got.Status, got.Error, got.statuses())
	}
	entries, err := os.ReadDir(filepath.Join(p.repos, "gift-cards.git"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the repository holds %v, %v", entries, err)
	}
}
