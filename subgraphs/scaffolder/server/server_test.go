package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devportal.internal/graph/graphtest"
	"devportal.internal/graph/relay"
)

func TestTheNodeServiceTemplateMakesARepositoryThatTheCatalogKnows(t *testing.T) {
	t.Parallel()
	p := open(t)
	id := p.start(t, map[string]any{"template": "template:default/node-service", "parameters": map[string]any{
		"name": "gift-cards", "owner": "group:default/checkout-team", "docs": false,
	}})
	got, events := p.ended(t, id)
	if got.Status != "COMPLETED" {
		t.Fatalf("the task is %s: %s\n%+v", got.Status, got.Error, events)
	}
	if want := "log=COMPLETED fetch=COMPLETED rename=COMPLETED trim=COMPLETED publish=COMPLETED register=COMPLETED"; got.statuses() != want {
		t.Errorf("steps %s, want %s", got.statuses(), want)
	}
	folder := filepath.Join(p.repos, "gift-cards.git")
	text, err := os.ReadFile(filepath.Join(folder, "catalog-info.yaml"))
	if err != nil || !strings.Contains(string(text), `name: "gift-cards"`) {
		t.Errorf("the published file is %s, %v", text, err)
	}
	for name, there := range map[string]bool{".gitignore": true, "gitignore": false, "docs": false, "mkdocs.yml": false, ".git": true} {
		if _, err := os.Stat(filepath.Join(folder, name)); (err == nil) != there {
			t.Errorf("%s there: %v, want %v", name, err == nil, there)
		}
	}
	if workflow, err := os.ReadFile(filepath.Join(folder, ".github/workflows/test.yaml")); err != nil || !strings.Contains(string(workflow), "${{ github.sha }}") {
		t.Errorf("the workflow was filled in: %s, %v", workflow, err)
	}
	if links := got.Output.Links; len(links) != 2 || links[0].URL != "file://"+folder || links[1].EntityRef != "component:default/gift-cards" {
		t.Errorf("links %+v", links)
	}
	if got.Output.Entity == nil || got.Output.Entity.ID != relay.EntityID("id-gift-cards") {
		t.Errorf("entity %+v", got.Output.Entity)
	}
	if by := p.catalog.by; len(by) != 1 || by[0] != "user:default/admin" {
		t.Errorf("registered by %v, want the one who started the task", by)
	}
	if left, _ := os.ReadDir(p.work); len(left) != 0 {
		t.Errorf("workspaces left: %v", left)
	}
	const document = `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on CatalogEntity { scaffolding { template { ref } task { id status } } } } }`
	reps := map[string]any{"reps": []any{map[string]any{"__typename": "CatalogEntity", "id": relay.EntityID("id-gift-cards")}}}
	want := `{"_entities":[{"scaffolding":{"template":{"ref":"template:default/node-service"},"task":{"id":"` + id + `","status":"COMPLETED"}}}]}`
	if shown := graphtest.As(p.server, "admin").Data(t, document, reps); shown != want {
		t.Errorf("scaffolding %s, want %s", shown, want)
	}
	want = `{"_entities":[{"scaffolding":{"template":{"ref":"template:default/node-service"},"task":null}}]}`
	if shown := graphtest.As(p.server, "viewer").Data(t, document, reps); shown != want {
		t.Errorf("a viewer sees %s, want %s", shown, want)
	}
}

func TestTheDocumentationSiteTemplateRepeatsItsStep(t *testing.T) {
	t.Parallel()
	p := open(t)
	got, events := p.ended(t, p.start(t, map[string]any{"template": "template:default/documentation-site", "parameters": map[string]any{
		"name": "handbook", "title": "The handbook", "owner": "group:default/platform-team", "chapters": []any{"guide", "rules"}, "announce": true,
	}}))
	want := "fetch=COMPLETED chapters=COMPLETED entity=COMPLETED announce=COMPLETED publish=COMPLETED register=COMPLETED sorry=SKIPPED"
	if got.Status != "COMPLETED" || got.statuses() != want {
		t.Fatalf("the task is %s: %s: %s\n%+v", got.Status, got.Error, got.statuses(), events)
	}
	text, err := os.ReadFile(filepath.Join(p.repos, "handbook.git", "docs/rules/index.md"))
	if err != nil || !strings.HasPrefix(string(text), "# Rules") {
		t.Errorf("the chapter is %s, %v", text, err)
	}
}

func TestTheEventsOfATaskResumeFromACursor(t *testing.T) {
	t.Parallel()
	p := open(t)
	id := p.start(t, map[string]any{"template": "template:default/node-service", "parameters": map[string]any{
		"name": "gift-cards", "owner": "group:default/checkout-team",
	}})
	all := p.events(t, id, "")
	if len(all) < 10 || all[0].Status != "OPEN" || all[len(all)-1].Status != "COMPLETED" {
		t.Fatalf("events %+v", all)
	}
	for i := range all {
		rest := p.events(t, id, all[i].Cursor)
		if len(rest) != len(all)-1-i || (len(rest) > 0 && rest[0] != all[i+1]) {
			t.Errorf("after event %d come %d events, want %d", i, len(rest), len(all)-1-i)
		}
	}
}
