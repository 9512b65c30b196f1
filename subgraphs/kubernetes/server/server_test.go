package server_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devportal.internal/graph/graphtest"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/kubernetes"
	"devportal.internal/subgraphs/kubernetes/postgres"
	"devportal.internal/subgraphs/kubernetes/server"
)

// cluster is a folder of manifests with a running subgraph over it.
type cluster struct {
	bench  *graphtest.Bench
	folder string
	server *httptest.Server
}

func start(t *testing.T, entities ...entityindex.Entity) *cluster {
	t.Helper()
	c := &cluster{bench: graphtest.New(t, postgres.Migrations()), folder: t.TempDir()}
	c.bench.Publish(t, graphtest.Added(entities...))
	subgraph, err := server.New(server.Deps{
		Pool: c.bench.Pool, Log: c.bench.Log, Decider: graphtest.Decider(t), Authenticate: graphtest.Authenticate,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Refresh: 20 * time.Millisecond,
		Clusters: []server.Cluster{{Name: "eu", Folder: c.folder}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, "open", 2, 2)
	c.write(t, "hidden", 1, 1)
	graphtest.Start(t, subgraph.Parts()...)
	c.server = graphtest.Serve(t, subgraph.Handler())
	return c
}

func (c *cluster) write(t *testing.T, name string, ready, desired int) {
	t.Helper()
	text := fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s, namespace: shop, labels: {backstage.io/kubernetes-id: %[1]s}}
spec: {replicas: %[3]d, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}}
status: {readyReplicas: %[2]d, updatedReplicas: %[3]d}
`, name, ready, desired)
	partial := filepath.Join(c.folder, name+".partial")
	if err := os.WriteFile(partial, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(partial, filepath.Join(c.folder, name+".yaml")); err != nil {
		t.Fatal(err)
	}
}

func organisation() []entityindex.Entity {
	return []entityindex.Entity{graphtest.Component("open"), graphtest.Restricted(graphtest.Component("hidden"))}
}

const entitiesQuery = `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on CatalogEntity {
	kubernetes { health workloads(first: 5) { totalCount nodes { cluster namespace kind name ready desired problems { code } entity { id } } } } } } }`

func representations(uids ...string) map[string]any {
	reps := make([]any, len(uids))
	for i, uid := range uids {
		reps[i] = map[string]any{"__typename": "CatalogEntity", "id": relay.EntityID(uid)}
	}
	return map[string]any{"reps": reps}
}

func TestEntitiesShowTheirWorkloads(t *testing.T) {
	t.Parallel()
	c := start(t, organisation()...)
	got := graphtest.As(c.server, "admin").Data(t, entitiesQuery, representations("id-open", "id-hidden", "id-nothing"))
	for _, want := range []string{`"health":"HEALTHY"`, `"name":"open"`, `"name":"hidden"`, `"ready":2,"desired":2`, `{"kubernetes":null}]`} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer lacks %s:\n%s", want, got)
		}
	}
}

func TestWhatAViewerMayNotSeeDoesNotExist(t *testing.T) {
	t.Parallel()
	c := start(t, organisation()...)
	viewer := graphtest.As(c.server, "viewer")
	const list = `{ workloads { totalCount nodes { name } } }`
	if got, want := viewer.Data(t, list, nil), `{"workloads":{"totalCount":1,"nodes":[{"name":"open"}]}}`; got != want {
		t.Errorf("list = %s, want %s", got, want)
	}
	if got := viewer.Data(t, entitiesQuery, representations("id-hidden")); got != `{"_entities":[{"kubernetes":null}]}` {
		t.Errorf("the hidden entity shows %s", got)
	}
	hidden := relay.EncodeID("Workload", postgres.IDOf(kubernetes.Key{Cluster: "eu", Namespace: "shop", Kind: "Deployment", Name: "hidden"}))
	const byID = `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on Workload { name } } }`
	reps := map[string]any{"reps": []any{map[string]any{"__typename": "Workload", "id": hidden}}}
	if got := viewer.Data(t, byID, reps); got != `{"_entities":[null]}` {
		t.Errorf("by id the hidden workload shows %s", got)
	}
	if got := graphtest.As(c.server, "admin").Data(t, byID, reps); got != `{"_entities":[{"name":"hidden"}]}` {
		t.Errorf("by id an admin sees %s", got)
	}
}

func TestWhoMayReadNoResourcesIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, organisation()...)
	for _, document := range []string{`{ workloads { nodes { name } } }`, `{ kubernetesClusters { name } }`} {
		if codes := graphtest.As(c.server, "stranger").Ask(t, document, nil).Codes(); len(codes) != 1 || codes[0] != "FORBIDDEN" {
			t.Errorf("%s: codes %v, want FORBIDDEN", document, codes)
		}
		if codes := graphtest.As(c.server, "").Ask(t, document, nil).Codes(); len(codes) != 1 || codes[0] != "UNAUTHENTICATED" {
			t.Errorf("%s by nobody: codes %v, want UNAUTHENTICATED", document, codes)
		}
	}
}

const changesQuery = `subscription($after: String) { workloadChanges(after: $after) { cursor change workload { name ready } } }`

type change struct {
	Cursor   string
	Change   string
	Workload *struct {
		Name  string
		Ready int
	}
}

func next(t *testing.T, answers <-chan graphtest.Answer) change {
	t.Helper()
	answer := graphtest.Next(t, answers)
	var data struct{ WorkloadChanges change }
	if err := json.Unmarshal(answer.Data, &data); err != nil || len(answer.Errors) > 0 {
		t.Fatalf("answer %s, errors %v", answer.Data, answer.Errors)
	}
	return data.WorkloadChanges
}

func TestChangesArriveLiveAndResumeFromACursor(t *testing.T) {
	t.Parallel()
	c := start(t, organisation()...)
	viewer := graphtest.As(c.server, "viewer")
	from := map[string]any{"after": startCursor(t, c)}
	live := viewer.Follow(t, changesQuery, from)
	c.write(t, "hidden", 0, 1)
	c.write(t, "open", 1, 2)
	first := next(t, live)
	if first.Change != "CHANGED" || first.Workload == nil || first.Workload.Name != "open" || first.Workload.Ready != 1 {
		t.Fatalf("first change %+v, want open with 1 ready pod", first)
	}
	if err := os.Remove(filepath.Join(c.folder, "open.yaml")); err != nil {
		t.Fatal(err)
	}
	second := next(t, live)
	if second.Change != "REMOVED" || second.Workload != nil {
		t.Errorf("second change %+v, want open removed", second)
	}
	if again := next(t, viewer.Follow(t, changesQuery, from)); again.Cursor != first.Cursor {
		t.Errorf("after the same cursor comes %+v, want %+v", again, first)
	}
	if resumed := next(t, viewer.Follow(t, changesQuery, map[string]any{"after": first.Cursor})); resumed.Cursor != second.Cursor {
		t.Errorf("after the first change comes %+v, want %+v", resumed, second)
	}
}

func TestAWorkloadWhoseEntityIsHiddenIsRemovedForAViewer(t *testing.T) {
	t.Parallel()
	c := start(t, organisation()...)
	live := graphtest.As(c.server, "viewer").Follow(t, changesQuery, map[string]any{"after": startCursor(t, c)})
	open := graphtest.Component("open")
	hidden := graphtest.Restricted(open)
	c.bench.Publish(t, []entityindex.Change{{Entity: &hidden, Previous: &open}}, server.Name)
	if got := next(t, live); got.Change != "REMOVED" {
		t.Errorf("when it is hidden: %+v, want REMOVED", got)
	}
	c.bench.Publish(t, []entityindex.Change{{Entity: &open, Previous: &hidden}}, server.Name)
	if got := next(t, live); got.Change != "ADDED" || got.Workload.Name != "open" {
		t.Errorf("when it is shown again: %+v, want ADDED", got)
	}
}

// startCursor is the cursor after the events of what was there at the start.
func startCursor(t *testing.T, c *cluster) string {
	t.Helper()
	seen := graphtest.As(c.server, "admin").Follow(t, changesQuery, map[string]any{"after": events.Cursor{}.String()})
	for range 2 {
		next(t, seen)
	}
	head, err := c.bench.Log.Head(t.Context(), kubernetes.Topic)
	if err != nil {
		t.Fatal(err)
	}
	return head.String()
}

func TestAClusterThatCannotBeReadKeepsItsWorkloads(t *testing.T) {
	t.Parallel()
	c := start(t, organisation()...)
	if err := os.WriteFile(filepath.Join(c.folder, "broken.yaml"), []byte("a: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	admin := graphtest.As(c.server, "admin")
	const query = `{ kubernetesClusters { name reachable error } workloads { totalCount } }`
	want := `{"kubernetesClusters":[{"name":"eu","reachable":false,"error":"the cluster could not be read; what is shown is what was last known"}],"workloads":{"totalCount":2}}`
	eventually(t, want, func() string { return admin.Data(t, query, nil) })
}

// eventually asks until the answer is as wanted.
func eventually(t *testing.T, want string, ask func() string) {
	t.Helper()
	deadline := time.NewTimer(graphtest.Timeout)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for got := ask(); got != want; got = ask() {
		select {
		case <-deadline.C:
			t.Fatalf("the answer stays %s, want %s", got, want)
		case <-ticker.C:
		}
	}
}
