package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// testSchemaByRole asks each role what it may use: by introspection, at /schema.graphql, and by trying.
func testSchemaByRole(t *testing.T, p place) {
	roles := map[string]client{
		"viewer":    {p.listen, p.token(t, "user:default/vera.kowal", "viewer")},
		"developer": {p.listen, p.token(t, "user:default/some.developer", "developer")},
		"admin":     {p.listen, p.token(t, "user:default/some.admin", "admin")},
	}
	for field, may := range map[string][]string{
		"catalogLocations":   {"viewer", "developer", "admin"},
		"scaffolderTasks":    {"developer", "admin"},
		"registerLocation":   {"developer", "admin"},
		"startTask":          {"developer", "admin"},
		"unregisterLocation": {"admin"},
		"policies":           {"admin"},
		"updatePolicy":       {"admin"},
		"auditEvents":        {"admin"},
		"serviceAccounts":    {"admin"},
	} {
		for role, c := range roles {
			want := slices.Contains(may, role)
			if shown := c.rootFields(t)[field]; shown != want {
				t.Errorf("introspection shows %s to the role %s: %t", field, role, shown)
			}
			if shown := strings.Contains(c.schemaFile(t), "\n  "+field+"("); shown != want {
				t.Errorf("/schema.graphql shows %s to the role %s: %t", field, role, shown)
			}
		}
	}
	refused := roles["viewer"].ask(t, `mutation { startTask(input: {template: "template:default/x"}) { task { id } } }`, nil)
	if len(refused.Errors) != 1 || refused.Errors[0].Extensions["code"] != "FORBIDDEN" || refused.Errors[0].Path[0] != "startTask" {
		t.Errorf("a viewer starts a task: %+v", refused)
	}
	hidden := roles["viewer"].ask(t, `mutation { startTask(nothing: 1) { nothing } }`, nil)
	for _, err := range hidden.Errors {
		if strings.Contains(err.Message, "StartTaskInput") || strings.Contains(err.Message, "StartTaskPayload") {
			t.Errorf("an error tells a viewer of what is hidden: %s", err.Message)
		}
	}
	if asked := p.send(t, http.MethodGet, "/schema.graphql", with(forged(), "Authorization", "Bearer nonsense"), nil); asked.status != http.StatusUnauthorized {
		t.Errorf("nobody is shown the schema: %d %.200s", asked.status, asked.body)
	}
	planned := []byte(`{"query":"{ viewer { ref } }","extensions":{"plan":true}}`)
	for role, c := range roles {
		got := p.send(t, http.MethodPost, "/graphql", map[string]string{"Authorization": "Bearer " + c.token, "Content-Type": "application/json"}, planned)
		if shown := strings.Contains(string(got.body), `"plan":"query`); shown != (role == "admin") || !strings.Contains(string(got.body), `"data"`) {
			t.Errorf("the plan is shown to the role %s: %t: %s", role, shown, got.body)
		}
	}
}

// forged are headers of somebody who is not the development user.
func forged() map[string]string { return map[string]string{"X-Forwarded-For": "192.0.2.1"} }

// rootFields are the root fields that introspection shows.
func (c client) rootFields(t testing.TB) map[string]bool {
	t.Helper()
	type root struct{ Fields []struct{ Name string } }
	var data struct {
		Schema struct{ QueryType, MutationType, SubscriptionType *root } `json:"__schema"`
	}
	c.data(t, `{ __schema { queryType { ...F } mutationType { ...F } subscriptionType { ...F } } } fragment F on __Type { fields { name } }`, nil, &data)
	names := map[string]bool{}
	for _, of := range []*root{data.Schema.QueryType, data.Schema.MutationType, data.Schema.SubscriptionType} {
		if of != nil {
			for _, field := range of.Fields {
				names[field.Name] = true
			}
		}
	}
	return names
}

// schemaFile is /schema.graphql.
func (c client) schemaFile(t testing.TB) string {
	t.Helper()
	got := c.send(t, http.MethodGet, "/schema.graphql", map[string]string{"Authorization": "Bearer " + c.token}, nil)
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return got.body
}
