package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const secretive = `
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: open, annotations: {example.com/kin: "component:default/secret"}}
spec: {type: service, lifecycle: production, owner: team, system: hidden-system, dependsOn: [component:secret, component:nowhere], friends: [{ref: "component:default/secret"}]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: owned, labels: {tier: "1"}}
spec: {type: service, lifecycle: production, owner: hidden-team}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: secret, labels: {visibility: restricted}}
spec: {type: service, lifecycle: production, owner: team, dependsOn: [component:open]}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: hidden-system, labels: {visibility: restricted}}
spec: {owner: team}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: hidden-team, labels: {visibility: restricted}}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team}
spec: {type: team, children: [hidden-team]}
`

func TestWhatAViewerMayNotSeeDoesNotExist(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{"catalog-info.yaml": secretive})
	w := start(t, root, "catalog-info.yaml")
	secretID := w.ask(`{ entity(ref: "component:secret") { id } }`, nil)["entity"].(map[string]any)["id"]
	w.as = "viewer"

	t.Run("by ref", func(t *testing.T) {
		wantData(t, w.ask(`{ entity(ref: "component:secret") { ref } }`, nil), `{"entity": null}`)
	})
	t.Run("by id, as the router fetches it", func(t *testing.T) {
		data := w.ask(`query($r: [_Any!]!) { _entities(representations: $r) { ... on CatalogEntity { id ref } } }`, map[string]any{
			"r": []any{
				map[string]any{"__typename": "CatalogEntity", "id": secretID},
				map[string]any{"__typename": "Component", "id": secretID},
				map[string]any{"__typename": "Component", "id": "garbage"},
			},
		})
		wantData(t, data, `{"_entities": [null, null, null]}`)
	})
	t.Run("in lists and counts", func(t *testing.T) {
		data := w.ask(`{ entities(first: 10) { totalCount nodes { ref } } }`, nil)
		wantData(t, data, `{"entities": {"totalCount": 3, "nodes": [
			{"ref": "component:default/open"}, {"ref": "component:default/owned"}, {"ref": "group:default/team"}]}}`)
		wantData(t, w.ask(`{ entities(first: 1) { totalCount } }`, nil), `{"entities": {"totalCount": 3}}`)
	})
	t.Run("in relations, of which one that leads to nobody is kept", func(t *testing.T) {
		data := w.ask(`{ entity(ref: "component:open") {
			relations { totalCount nodes { type targetRef target { ref } } }
			... on Component { system { ref } dependsOn { totalCount nodes { ref } } dependencyOf { totalCount } } } }`, nil)
		wantData(t, data, `{"entity": {"system": null, "dependsOn": {"totalCount": 0, "nodes": []}, "dependencyOf": {"totalCount": 0},
			"relations": {"totalCount": 2, "nodes": [
				{"type": "dependsOn", "targetRef": "component:default/nowhere", "target": null},
				{"type": "ownedBy", "targetRef": "group:default/team", "target": {"ref": "group:default/team"}}]}}}`)
	})
	t.Run("as an owner", func(t *testing.T) {
		data := w.ask(`{ entity(ref: "component:owned") { owner { ref } owners { ref } }
			entities(filter: {owner: ["group:hidden-team"]}) { totalCount }
			most: entities(filter: {not: {owner: ["group:hidden-team"]}}) { totalCount } }`, nil)
		wantData(t, data, `{"entity": {"owner": null, "owners": []}, "entities": {"totalCount": 0}, "most": {"totalCount": 3}}`)
	})
	t.Run("in raw specs and annotations", func(t *testing.T) {
		data := w.ask(`{ entity(ref: "component:open") { spec annotations { key value } } }`, nil)
		text, _ := json.Marshal(data)
		if strings.Contains(string(text), "secret") || strings.Contains(string(text), "hidden") {
			t.Errorf("it shows: %s", text)
		}
		if !strings.Contains(string(text), "component:nowhere") {
			t.Errorf("a ref to what does not exist is gone: %s", text)
		}
	})
	t.Run("and locations are not for viewers", func(t *testing.T) {
		wantData(t, w.ask(`{ entity(ref: "component:open") { location { target } } }`, nil), `{"entity": {"location": null}}`)
		wantCode(t, w, `{ catalogLocations { totalCount } }`, nil, "FORBIDDEN")
		wantCode(t, w, `mutation { registerLocation(input: {type: "file", target: "catalog-info.yaml"}) { location { id } } }`, nil, "FORBIDDEN")
		wantCode(t, w, `mutation { refreshEntity(input: {ref: "component:open"}) { entity { id } } }`, nil, "FORBIDDEN")
	})
	t.Run("while an admin sees all of it", func(t *testing.T) {
		w.as = "admin"
		wantData(t, w.ask(`{ entities(filter: {owner: ["group:hidden-team"]}) { totalCount }
			entity(ref: "component:open") { ... on Component { system { ref } } } }`, nil),
			`{"entities": {"totalCount": 1}, "entity": {"system": {"ref": "system:default/hidden-system"}}}`)
	})
	t.Run("and somebody without a role sees nothing", func(t *testing.T) {
		w.as = "nobody"
		wantData(t, w.ask(`{ entities { totalCount nodes { ref } } entity(ref: "component:open") { ref } }`, nil),
			`{"entities": {"totalCount": 0, "nodes": []}, "entity": null}`)
	})
}

// wantData compares data with JSON.
func wantData(t *testing.T, got map[string]any, want string) {
	t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// wantCode asks, and wants an error of that code.
func wantCode(t *testing.T, w *world, document string, variables map[string]any, code string) {
	t.Helper()
	answer, _ := w.send(t.Context(), document, variables)
	if got := firstCode(answer); got != code {
		t.Errorf("code = %q, want %q: %v", got, code, answer)
	}
}

func firstCode(answer map[string]any) string {
	errs, _ := answer["errors"].([]any)
	if len(errs) == 0 {
		return ""
	}
	extensions, _ := errs[0].(map[string]any)["extensions"].(map[string]any)
	code, _ := extensions["code"].(string)
	return code
}
