package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
	signinpg "devportal.internal/internal/signin/postgres"
	portalpostgres "devportal.internal/subgraphs/portal/postgres"
	"devportal.internal/subgraphs/portal/server"
)

const restricted = `
result: CONDITIONAL
roleEntityRef: role:default/viewer
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {not: {rule: HAS_LABEL, resourceType: catalog-entity, params: {label: visibility, value: restricted}}}
`

// start runs the portal subgraph over these entities; the role of a request is in a header.
func start(t *testing.T, entities ...entityindex.Entity) http.Handler {
	t.Helper()
	pool := postgrestest.New(t, postgres.Migrations{Schema: "events", Files: events.Migrations()}, audit.Migrations(),
		signinpg.Migrations(), portalpostgres.Migrations())
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []events.Event
	for _, e := range entities {
		event, err := entityindex.NewEvent(entityindex.Change{Entity: &e})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, event)
	}
	if err := entityindex.New("portal").Apply(t.Context(), tx, all); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	policies, err := authz.Parse(
		strings.NewReader("p, role:default/admin, catalog-entity, read, allow\np, role:default/admin, policy-entity, *, allow\np, role:default/viewer, catalog-entity, read, allow\n"),
		strings.NewReader(restricted))
	if err != nil {
		t.Fatal(err)
	}
	log := events.Open(pool, events.Settings{})
	t.Cleanup(log.Close)
	s, err := server.New(server.Deps{
		Pool: pool, Log: log, Rights: authz.New(policies), Accounts: accounts(t, pool), Authenticate: byHeader, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

func byHeader(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := auth.NewPrincipal(auth.Principal{
			Subject: "user:default/jane", Groups: []string{"group:default/team"}, Roles: []string{r.Header.Get("X-Test-Role")},
			Session: r.Header.Get("X-Test-Session"), Scopes: r.Header["X-Test-Scope"],
		})
		next.ServeHTTP(w, r.WithContext(auth.NewContext(r.Context(), p)))
	})
}

func ask(t *testing.T, handler http.Handler, role, document string, variables map[string]any) string {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"query": document, "variables": variables})
	r := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Test-Role", role)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder.Body.String()
}

func TestPortal(t *testing.T) {
	t.Parallel()
	handler := start(t,
		entityindex.Entity{ID: "u1", Ref: "user:default/jane", Kind: "User", Namespace: "default", Name: "jane"},
		entityindex.Entity{ID: "c1", Ref: "component:default/a", Kind: "Component", Namespace: "default", Name: "a"},
		entityindex.Entity{ID: "r1", Ref: "robot:default/r", Kind: "Robot", Namespace: "default", Name: "r"},
		entityindex.Entity{
			ID: "s1", Ref: "component:default/s", Kind: "Component", Namespace: "default", Name: "s",
			Labels: map[string]string{"visibility": "restricted"},
		},
	)
	nodes := map[string]any{"ids": []string{
		relay.EntityID("c1"), relay.EntityID("s1"), relay.EntityID("r1"), relay.EntityID("none"),
		relay.EncodeID("DocsSite", "c1"), relay.EncodeID("Nothing", "x"),
	}}
	tests := map[string]struct {
		role, document string
		variables      map[string]any
		want           string
	}{
		"a viewer is told who they are": {
			"viewer", `{ viewer { ref user { id } groups roles permissions } }`, nil,
			`{"data":{"viewer":{"ref":"user:default/jane","user":{"id":"` + relay.EntityID("u1") +
				`"},"groups":["group:default/team"],"roles":["role:default/viewer"],"permissions":["catalog.entity.read","cost.read","docs.read"]}}}`,
		},
		"ids lead where an admin may see something": {
			"admin", `query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }`, nodes,
			`{"data":{"nodes":[{"__typename":"Component"},{"__typename":"Component"},{"__typename":"UnknownKindEntity"},null,{"__typename":"DocsSite"},null]}}`,
		},
		"ids lead nowhere that a viewer may not see": {
			"viewer", `query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }`, nodes,
			`{"data":{"nodes":[{"__typename":"Component"},null,{"__typename":"UnknownKindEntity"},null,{"__typename":"DocsSite"},null]}}`,
		},
		"whoever may read nothing finds nothing": {
			"nobody", `query($id: ID!) { node(id: $id) { id } viewer { user { id } permissions } }`,
			map[string]any{"id": relay.EntityID("c1")},
			`{"data":{"node":null,"viewer":{"user":null,"permissions":[]}}}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := ask(t, handler, tt.role, tt.document, tt.variables)
			if diff := cmp.Diff(tt.want, strings.TrimSpace(got)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("what is no id is an error", func(t *testing.T) {
		got := ask(t, handler, "admin", `{ node(id: "garbage") { id } }`, nil)
		if !strings.Contains(got, `"code":"INVALID_ID"`) {
			t.Errorf("answer = %s", got)
		}
	})
	t.Run("too many ids are an error", func(t *testing.T) {
		got := ask(t, handler, "admin", `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`,
			map[string]any{"ids": make([]string, 101)})
		if !strings.Contains(got, `"code":"TOO_MANY_NODES"`) {
			t.Errorf("answer = %s", got)
		}
	})
}
