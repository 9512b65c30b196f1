package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func component(name, labels string) string {
	return fmt.Sprintf(`
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: %s, labels: {%s}}
spec: {type: library, lifecycle: experimental, owner: team}
`, name, labels)
}

const register = `mutation($input: RegisterLocationInput!) { registerLocation(input: $input) {
	location { id target registered entities(first: 5) { nodes { ref } } } userErrors { code path } } }`

func TestLocationsAreRegistered(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{
		"catalog-info.yaml": component("one", ""),
		"more/two.yaml":     component("two", ""),
		"more/group.yaml":   "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: g}\nspec: {type: team, children: []}\n",
		"more/again.yaml":   component("one", "tier: x"),
	})
	outside := filepath.Join(t.TempDir(), "outside.yaml")
	if err := os.WriteFile(outside, []byte(component("outside", "")), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "more", "link.yml")); err != nil {
		t.Fatal(err)
	}
	w := start(t, root, "catalog-info.yaml")
	input := func(kind, target string) map[string]any {
		return map[string]any{"input": map[string]any{"type": kind, "target": target}}
	}
	var id string
	t.Run("and read at once", func(t *testing.T) {
		data := w.ask(register, input("file", "./more/two.yaml"))
		payload := data["registerLocation"].(map[string]any)
		location := payload["location"].(map[string]any)
		id = location["id"].(string)
		if location["target"] != filepath.Join(root, "more/two.yaml") || location["registered"] != true {
			t.Errorf("location = %v", location)
		}
		wantData(t, w.ask(`{ entity(ref: "component:two") { ref } }`, nil), `{"entity": {"ref": "component:default/two"}}`)
	})
	refused := map[string]struct {
		kind, target, code, field string
	}{
		"but not twice":                        {"file", "more/two.yaml", "LOCATION_EXISTS", "target"},
		"but not outside of the roots":         {"file", outside, "TARGET_NOT_ALLOWED", "target"},
		"but not by a path that climbs out":    {"file", "../../etc/passwd", "TARGET_NOT_ALLOWED", "target"},
		"but not by a link that leads out":     {"file", "more/link.yml", "TARGET_NOT_FOUND", "target"},
		"but not when nothing is there":        {"file", "nothing.yaml", "TARGET_NOT_FOUND", "target"},
		"but not when no file fits":            {"file", "*.nope", "TARGET_NOT_FOUND", "target"},
		"but not of another type":              {"ldap", "x", "LOCATION_TYPE_UNKNOWN", "type"},
		"but not of a type that is not set up": {"url", "https://example.com/x.yaml", "LOCATION_TYPE_UNKNOWN", "type"},
		"but not with a NUL":                   {"file", "a\x00b", "TARGET_NOT_ALLOWED", "target"},
		"but not a folder":                     {"file", "more", "TARGET_NOT_ALLOWED", "target"},
	}
	for name, tt := range refused {
		t.Run(name, func(t *testing.T) {
			data := w.ask(register, input(tt.kind, tt.target))
			wantData(t, data, fmt.Sprintf(`{"registerLocation": {"location": null, "userErrors": [{"code": %q, "path": ["input", %q]}]}}`,
				tt.code, tt.field))
		})
	}
	t.Run("with only the kinds that may come from there, and without what others claim", func(t *testing.T) {
		data := w.ask(`mutation($input: RegisterLocationInput!) { registerLocation(input: $input) {
			location { errors { code } entities { totalCount } } userErrors { code } } }`, input("file", "more/{group,again}.yaml"))
		wantData(t, data, `{"registerLocation": {"userErrors": [], "location": {
			"errors": [{"code": "KIND_NOT_ALLOWED"}, {"code": "REF_CONFLICT"}], "entities": {"totalCount": 0}}}}`)
	})
	t.Run("and forgotten with what came from them", func(t *testing.T) {
		const forget = `mutation($id: ID!) { unregisterLocation(input: {id: $id}) { id userErrors { code path } } }`
		wantData(t, w.ask(forget, map[string]any{"id": id}), fmt.Sprintf(`{"unregisterLocation": {"id": %q, "userErrors": []}}`, id))
		wantData(t, w.ask(`{ entity(ref: "component:two") { ref } }`, nil), `{"entity": null}`)
		wantData(t, w.ask(forget, map[string]any{"id": id}),
			`{"unregisterLocation": {"id": null, "userErrors": [{"code": "TARGET_NOT_FOUND", "path": ["input", "id"]}]}}`)
		wantData(t, w.ask(forget, map[string]any{"id": "garbage"}),
			`{"unregisterLocation": {"id": null, "userErrors": [{"code": "INVALID_ID", "path": ["input", "id"]}]}}`)
	})
	t.Run("but not those of the settings", func(t *testing.T) {
		configured := w.ask(`{ entity(ref: "component:one") { location { id } } }`, nil)["entity"].(map[string]any)["location"].(map[string]any)["id"]
		wantData(t, w.ask(`mutation($id: ID!) { unregisterLocation(input: {id: $id}) { id userErrors { code } } }`, map[string]any{"id": configured}),
			`{"unregisterLocation": {"id": null, "userErrors": [{"code": "LOCATION_CONFIGURED"}]}}`)
	})
	t.Run("and entities are read again when asked", func(t *testing.T) {
		const refresh = `mutation($ref: EntityRef!) { refreshEntity(input: {ref: $ref}) { entity { labels { key value } status { level code } } userErrors { code path } } }`
		write(t, root, "catalog-info.yaml", component("one", "tier: gold"))
		wantData(t, w.ask(refresh, map[string]any{"ref": "component:one"}),
			`{"refreshEntity": {"entity": {"labels": [{"key": "tier", "value": "gold"}], "status": []}, "userErrors": []}}`)
		write(t, root, "catalog-info.yaml", component("one", "tier: gold")+"nonsense: [")
		wantData(t, w.ask(refresh, map[string]any{"ref": "component:one"}),
			`{"refreshEntity": {"entity": {"labels": [{"key": "tier", "value": "gold"}], "status": [{"level": "ERROR", "code": "INVALID_YAML"}]}, "userErrors": []}}`)
		wantData(t, w.ask(refresh, map[string]any{"ref": "component:nobody"}),
			`{"refreshEntity": {"entity": null, "userErrors": [{"code": "ENTITY_NOT_FOUND", "path": ["input", "ref"]}]}}`)
	})
}
