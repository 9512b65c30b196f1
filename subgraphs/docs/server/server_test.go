package server_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"

	"devportal.internal/graph/graphtest"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/postgres"
	"devportal.internal/subgraphs/docs/server"

	portalblob "devportal.internal/internal/blob"
)

// library is a folder of sources with a running subgraph over it.
type library struct {
	bench    *graphtest.Bench
	folder   string
	bucket   *blob.Bucket
	subgraph *server.Server
	server   *httptest.Server
	assets   *httptest.Server
}

// shelf is the folder of the sources of an entity.
func (l *library) shelf(name string) string { return filepath.Join(l.folder, name) }

func open(t *testing.T, folder string) *library {
	t.Helper()
	l := &library{bench: graphtest.New(t, jobs.Migrations(), postgres.Migrations()), folder: folder}
	files, err := filereader.Open(filereader.Options{Roots: []string{folder}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	if l.bucket, err = portalblob.Open(t.Context(), portalblob.Options{Folder: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.bucket.Close() })
	inserter, err := jobs.New(l.bench.Pool, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	urls := urlreader.New(urlreader.Options{PrivateNetworks: true})
	t.Cleanup(urls.Close)
	l.subgraph, err = server.New(server.Deps{
		Pool: l.bench.Pool, Log: l.bench.Log, Decider: graphtest.Decider(t), Authenticate: graphtest.Authenticate,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Files: files, URLs: urls, Bucket: l.bucket, Jobs: inserter,
		Refresh: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.server = graphtest.Serve(t, l.subgraph.Handler())
	l.assets = graphtest.Serve(t, graphtest.Authenticate(l.subgraph.AssetsHandler()))
	return l
}

// start runs the subgraph and its jobs, and waits for the first builds of these entities.
func (l *library) start(t *testing.T, entities ...entityindex.Entity) {
	t.Helper()
	l.bench.Publish(t, graphtest.Added(entities...))
	worker, err := jobs.New(l.bench.Pool, jobs.Options{Kinds: l.subgraph.Kinds(), PollInterval: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	graphtest.Start(t, append(l.subgraph.Parts(), lifecycle.Part{Name: "jobs", Start: worker.Start, Stop: worker.Stop})...)
	l.built(t)
}

func (l *library) built(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), graphtest.Timeout)
	defer cancel()
	if err := l.subgraph.Built(ctx); err != nil {
		t.Fatalf("wait for the builds: %v", err)
	}
}

// documented is a component whose site lies in the folder of its name.
func (l *library) documented(name string) entityindex.Entity {
	return graphtest.Component(name, docs.AnnotationRef, "dir:.", docs.AnnotationManagedBy, "file:"+filepath.Join(l.shelf(name), "catalog-info.yaml"))
}

// write puts files, given as names and texts, into the folder of an entity.
func (l *library) write(t *testing.T, shelf string, files ...string) {
	t.Helper()
	for i := 0; i+1 < len(files); i += 2 {
		name := filepath.Join(l.shelf(shelf), files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func representations(uids ...string) map[string]any {
	reps := make([]any, len(uids))
	for i, uid := range uids {
		reps[i] = map[string]any{"__typename": "CatalogEntity", "id": relay.EntityID(uid)}
	}
	return map[string]any{"reps": reps}
}

// examples are the entities of the example organisation that have documentation.
func examples(t *testing.T) (string, []entityindex.Entity) {
	t.Helper()
	folder, err := filepath.Abs("../../../examples")
	if err != nil {
		t.Fatal(err)
	}
	site := func(name, dir, ref string) entityindex.Entity {
		return graphtest.Component(name, docs.AnnotationRef, ref,
			docs.AnnotationManagedBy, "file:"+filepath.Join(folder, "software", dir, "catalog-info.yaml"))
	}
	return folder, []entityindex.Entity{
		site("checkout", "checkout", "dir:."), site("payments", "payments", "dir:."),
		graphtest.Restricted(site("fraud", "fraud", "dir:.")), site("identity", "platform", "dir:./identity"),
	}
}

func TestTheExampleSitesAreBuiltAndSearched(t *testing.T) {
	t.Parallel()
	folder, entities := examples(t)
	l := open(t, folder)
	begin := time.Now()
	l.start(t, entities...)
	t.Logf("four sites were built %v after the start", time.Since(begin))
	admin := graphtest.As(l.server, "admin")
	got := admin.Data(t, `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on CatalogEntity {
		docs { title updatedAt warnings pages(first: 20) { totalCount nodes { path title } } } } } }`,
		representations("id-checkout", "id-payments", "id-fraud", "id-identity"))
	for _, want := range []string{
		`"title":"Checkout"`, `{"path":"","title":"Checkout"}`, `{"path":"operations/runbook","title":"Runbook"}`,
		`"title":"Payments gateway"`, `"title":"Fraud scoring"`, `"title":"Identity"`, `"totalCount":6`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer lacks %s:\n%s", want, got)
		}
	}
	got = admin.Data(t, `{ searchDocs(text: "autoscaler", first: 5) { totalCount nodes { title path snippet entity { id } } } }`, nil)
	if want := `"title":"Runbook","path":"operations/runbook"`; !strings.Contains(got, want) || !strings.Contains(got, "[[autoscaler]]") {
		t.Errorf("the search gives %s, want %s", got, want)
	}
}
