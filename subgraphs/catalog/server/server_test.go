package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	graphserver "devportal.internal/graph/server"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
	"devportal.internal/subgraphs/catalog"
	catalogpostgres "devportal.internal/subgraphs/catalog/postgres"
	"devportal.internal/subgraphs/catalog/server"
)

// world is a running catalog.
type world struct {
	t       testing.TB
	pool    *pgxpool.Pool
	handler http.Handler
	// as is who is asking: a role.
	as string
}

const restricted = `
result: CONDITIONAL
roleEntityRef: role:default/viewer
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {not: {rule: HAS_LABEL, resourceType: catalog-entity, params: {label: visibility, value: restricted}}}
`

const grants = `
p, role:default/admin, catalog-entity, read, allow
p, role:default/admin, catalog.location.read, read, allow
p, role:default/admin, catalog.location.create, create, allow
p, role:default/admin, catalog.location.delete, delete, allow
p, role:default/admin, catalog-entity, update, allow
p, role:default/viewer, catalog-entity, read, allow
`

// start runs a catalog over the locations, as Admin.
func start(t testing.TB, root string, locations ...string) *world {
	t.Helper()
	pool := postgrestest.New(t, postgres.Migrations{Schema: "events", Files: events.Migrations()}, catalogpostgres.Migrations())
	log := events.Open(pool, events.Settings{Poll: 20 * time.Millisecond})
	background(t, log.Run)
	t.Cleanup(log.Close)
	policies, err := authz.Parse(strings.NewReader(grants), strings.NewReader(restricted))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, pool: pool, as: "admin"}
	settings := server.Settings{Roots: []string{root}}
	for _, target := range locations {
		settings.Locations = append(settings.Locations, catalog.Location{Type: "file", Target: target})
	}
	s, err := server.New(server.Deps{
		Pool: pool, Log: log, Decider: authz.New(policies), Authenticate: w.authenticate,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Settings: settings,
		Serve: graphserver.Options{BatchWait: batchWait(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range s.Parts() {
		if err := part.Start(t.Context()); err != nil {
			t.Fatalf("%s: %v", part.Name, err)
		}
		t.Cleanup(func() { _ = part.Stop(context.Background()) })
	}
	w.handler = s.Handler()
	awaitSettled(t, log)
	return w
}

// awaitSettled waits until the events of the first ingestion have cursors.
func awaitSettled(t testing.TB, log *events.Log) {
	t.Helper()
	for {
		settled, err := log.CaughtUp(t.Context(), entityindex.Topic)
		if err != nil {
			t.Fatal(err)
		}
		if settled {
			return
		}
		runtime.Gosched()
	}
}

// batchWait is long in tests, which count statements on a busy machine, and as it is in benchmarks.
func batchWait(t testing.TB) time.Duration {
	if _, measures := t.(*testing.B); measures {
		return 0
	}
	return 20 * time.Millisecond
}

func background(t testing.TB, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// authenticate takes the role from a header: the tests' own token.
func (w *world) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		role := r.Header.Get("X-Test-Role")
		principal := auth.NewPrincipal(auth.Principal{Subject: "user:default/test", Roles: []string{role}})
		next.ServeHTTP(rw, r.WithContext(auth.NewContext(r.Context(), principal)))
	})
}

// ask gives the answer to a document; errors in it fail the test.
func (w *world) ask(document string, variables map[string]any) map[string]any {
	w.t.Helper()
	answer, _ := w.send(w.t.Context(), document, variables)
	if errs, bad := answer["errors"]; bad {
		w.t.Fatalf("errors: %v", errs)
	}
	return answer["data"].(map[string]any)
}

// send gives the whole answer, and how many statements it took.
func (w *world) send(ctx context.Context, document string, variables map[string]any) (map[string]any, int) {
	w.t.Helper()
	body, _ := json.Marshal(map[string]any{"query": document, "variables": variables})
	ctx, statements := postgres.CountStatements(ctx)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Test-Role", w.as)
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	var answer map[string]any
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		w.t.Fatalf("status %d, body %q: %v", recorder.Code, recorder.Body, err)
	}
	return answer, statements.Count()
}

// examples is the folder of the example organisation.
func examples(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../../../examples")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "catalog-info.yaml")); err != nil {
		t.Fatal(err)
	}
	return dir
}
