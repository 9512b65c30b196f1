package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/postgres/postgrestest"
	"devportal.internal/schema"
)

// place is a way to run the portal: in one process, or in parts. folder is the data folder of what writes repositories.
type place struct {
	client
	folder string
	token  func(t *testing.T, user, role string) string
}

// inOneProcess is `portal serve`.
func inOneProcess(t *testing.T) place {
	t.Helper()
	data := t.TempDir()
	return place{client{listen: serve(t, data).listen}, data, tokens("--data", data)}
}

// inParts is `portal subgraph NAME` for each subgraph, and `portal router`, over one database.
func inParts(t *testing.T) place {
	t.Helper()
	data, database := t.TempDir(), databaseURL(t)
	private, public := internalKeys(t, data)
	tokenFile := filepath.Join(data, "tokens.pem")
	shared := []string{
		"--database-url", database, "--token-key-file", tokenFile,
		"--file-roots", filepath.Join(root(t), "examples") + "," + filepath.Join(data, "shared", "repositories"),
		"--scaffolder-git-roots", filepath.Join(data, "shared", "repositories"),
	}
	prints(t, append(append([]string{"migrate"}, exampleSettings(t, filepath.Join(data, "migrate"))...), append(shared, "--token-internal-key-file", private)...)...)
	listen, admin := freeAddress(t), freeAddress(t)
	shared = append(shared, "--scaffolder-graph-url", "http://"+listen+"/graphql")
	var urls []string
	var parts []*process
	for _, name := range schema.Subgraphs() {
		ports, admin := freeAddress(t), freeAddress(t)
		args := append([]string{"subgraph", name, "--subgraphs-listen", ports, "--admin-listen", admin}, exampleSettings(t, filepath.Join(data, name))...)
		p := launch(t, append(append(args, shared...), "--token-internal-key-file", public)...)
		p.listen, p.admin = ports, admin
		parts = append(parts, p)
		urls = append(urls, fmt.Sprintf("  - {name: %s, url: 'http://%s/graphql'}", name, ports))
	}
	for _, p := range parts {
		p.awaitReady()
	}
	config := filepath.Join(data, "router.yaml")
	text := fmt.Sprintf("data: %s\nsubgraphs:\n  urls:\n%s\naccess:\n  policies: %[3]s/access/policies.csv\n  conditions: %[3]s/access/conditions.yaml\n  development_user: user:default/robin.vale\n",
		filepath.Join(data, "router"), indent(urls), filepath.Join(root(t), "examples"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	router := launch(t, append([]string{"router", "--config", config, "--listen", listen, "--admin-listen", admin, "--token-internal-key-file", private}, shared...)...)
	router.listen, router.admin = listen, admin
	router.awaitReady()
	p := place{client{listen: listen}, filepath.Join(data, "shared"), tokens("--token-key-file", tokenFile)}
	p.awaitEverything(t)
	return p
}

// internalKeys makes a key of internal tokens: a file for the router, and one with its public half for the subgraphs.
func internalKeys(t *testing.T, folder string) (private, public string) {
	t.Helper()
	private, public = filepath.Join(folder, "private.pem"), filepath.Join(folder, "public.pem")
	keys, err := auth.OpenKeyFile(private)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(public, keys.PublicPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return private, public
}

// awaitEverything waits until every subgraph has followed the catalog's first ingestion, which none of them can know of.
func (p place) awaitEverything(t *testing.T) {
	t.Helper()
	const query = `{ viewer { user { ref } } entity(ref: "component:default/checkout") { docs { title } cost { total { amount } } kubernetes { health } scaffolding { template { ref } } } }`
	deadline := time.Now().Add(startTimeout)
	for {
		answer := p.ask(t, query, nil)
		if len(answer.Errors) == 0 && !strings.Contains(string(answer.Data), "null") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the subgraphs do not follow the catalog: %s %v", answer.Data, answer.Errors)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// tokens prints tokens with the key that these flags name.
func tokens(flags ...string) func(t *testing.T, user, role string) string {
	return func(t *testing.T, user, role string) string {
		t.Helper()
		return prints(t, append([]string{"token", "--user", user, "--role", role}, flags...)...)
	}
}

// databaseURL is a fresh database on the test server.
func databaseURL(t *testing.T) string {
	t.Helper()
	return postgrestest.URL(t)
}

func indent(lines []string) string { return "  " + strings.Join(lines, "\n  ") }

func TestTheGraphAnswers(t *testing.T) {
	t.Parallel()
	places := map[string]func(*testing.T) place{"in one process": inOneProcess, "in parts": inParts}
	for name, run := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := run(t)
			t.Run("an overview out of all subgraphs", func(t *testing.T) { testOverview(t, p) })
			t.Run("a list, page by page", func(t *testing.T) { testList(t, p) })
			t.Run("every list, from either end", func(t *testing.T) { testListsFromEitherEnd(t, p) })
			t.Run("a search through the documentation", func(t *testing.T) { testSearch(t, p) })
			t.Run("who is asking, and anything by its id", func(t *testing.T) { testViewer(t, p) })
			t.Run("a change, live", func(t *testing.T) { testCatalogChange(t, p) })
			t.Run("a component from a template, live", func(t *testing.T) { testTemplate(t, p) })
			t.Run("a viewer, to whom what is restricted does not exist", func(t *testing.T) { testViewerSeesNothingRestricted(t, p) })
			t.Run("the schema, as far as a role may use it", func(t *testing.T) { testSchemaByRole(t, p) })
			t.Run("a tool, until its token is revoked", func(t *testing.T) { testRevokedToken(t, p) })
		})
	}
}

func testOverview(t *testing.T, p place) {
	var data struct {
		Entity struct {
			ID, Ref, Kind, Title string
			Owner                struct{ Ref string }
			System               struct{ Domain struct{ Ref string } }
			ProvidesApis         struct {
				Nodes []struct {
					Ref        string
					Operations struct{ Nodes []struct{ Name string } }
				}
			}
			DependsOn struct{ TotalCount int }
			Docs      struct {
				Pages struct{ Nodes []struct{ Path string } }
			}
			Cost       struct{ Daily []struct{ Amount string } }
			Kubernetes struct {
				Workloads struct {
					Nodes []struct{ Problems []struct{ Message string } }
				}
			}
			Scaffolding struct{ Template struct{ Ref string } }
		}
	}
	p.data(t, overview, map[string]any{"ref": "component:default/checkout"}, &data)
	e := data.Entity
	checks := map[string]bool{
		"the entity":                e.ID != "" && e.Ref == "component:default/checkout" && e.Kind == "Component" && e.Title != "",
		"its owner":                 strings.HasPrefix(e.Owner.Ref, "group:"),
		"its domain":                strings.HasPrefix(e.System.Domain.Ref, "domain:"),
		"an API with operations":    len(e.ProvidesApis.Nodes) > 0 && len(e.ProvidesApis.Nodes[0].Operations.Nodes) > 0,
		"what it depends on":        e.DependsOn.TotalCount > 0,
		"its documentation":         len(e.Docs.Pages.Nodes) > 0,
		"its cost on 30 days":       len(e.Cost.Daily) == 30,
		"its workloads":             len(e.Kubernetes.Workloads.Nodes) > 0,
		"a problem of a workload":   slices.ContainsFunc(e.Kubernetes.Workloads.Nodes, func(w struct{ Problems []struct{ Message string } }) bool { return len(w.Problems) > 0 }),
		"the template it came from": strings.HasPrefix(e.Scaffolding.Template.Ref, "template:"),
	}
	for what, there := range checks {
		if !there {
			t.Errorf("the overview lacks %s: %+v", what, e)
		}
	}
}

func testList(t *testing.T, p place) {
	type page struct {
		CatalogCursor string
		Entities      struct {
			TotalCount int
			PageInfo   struct {
				HasNextPage bool
				EndCursor   string
			}
			Nodes []struct{ Ref string }
		}
	}
	seen := map[string]bool{}
	variables := map[string]any{}
	total := 0
	for {
		var data page
		p.data(t, list, variables, &data)
		total = data.Entities.TotalCount
		for _, node := range data.Entities.Nodes {
			if seen[node.Ref] {
				t.Errorf("%s comes twice", node.Ref)
			}
			seen[node.Ref] = true
		}
		if data.CatalogCursor == "" {
			t.Error("there is no cursor")
		}
		if !data.Entities.PageInfo.HasNextPage {
			break
		}
		variables["after"] = data.Entities.PageInfo.EndCursor
	}
	if len(seen) != total || total < 60 {
		t.Errorf("%d entities came of %d", len(seen), total)
	}
}

func testSearch(t *testing.T, p place) {
	var data struct {
		SearchDocs struct {
			Nodes []struct {
				Title, Path, Snippet string
				Entity               struct{ Ref string }
			}
		}
	}
	p.data(t, search, map[string]any{"text": "refund"}, &data)
	if len(data.SearchDocs.Nodes) == 0 || !strings.Contains(data.SearchDocs.Nodes[0].Snippet, "[[") || data.SearchDocs.Nodes[0].Entity.Ref == "" {
		t.Errorf("found %+v", data.SearchDocs.Nodes)
	}
}

func testViewer(t *testing.T, p place) {
	var data struct {
		Viewer struct {
			User               struct{ Ref string }
			Roles, Permissions []string
		}
		Entity struct{ ID string }
	}
	p.data(t, me, nil, &data)
	if data.Viewer.User.Ref != "user:default/robin.vale" || !slices.Contains(data.Viewer.Roles, "role:default/admin") || len(data.Viewer.Permissions) == 0 {
		t.Errorf("viewer %+v", data.Viewer)
	}
	p.data(t, `{ entity(ref: "component:default/checkout") { id } }`, nil, &data)
	var node struct {
		Node struct {
			ID       string
			Typename string `json:"__typename"`
		}
	}
	p.data(t, again, map[string]any{"id": data.Entity.ID}, &node)
	if node.Node.ID != data.Entity.ID || node.Node.Typename != "Component" {
		t.Errorf("node %+v", node)
	}
}

type catalogEvent struct {
	CatalogChanges struct {
		Cursor, Change, Ref string
		Entity              *struct{ Ref string }
	}
}

const newComponent = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: %s, labels: {visibility: %s}}
spec: {type: service, lifecycle: experimental, owner: group:default/checkout-team}
`

// registerComponent puts a catalog file where the portal may read it, and registers it.
func registerComponent(t *testing.T, p place, name, visibility string) {
	t.Helper()
	folder := filepath.Join(p.folder, "repositories", name)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "catalog-info.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, newComponent, name, visibility), 0o600); err != nil {
		t.Fatal(err)
	}
	var data struct {
		RegisterLocation struct {
			Location   *struct{ ID, Target string }
			UserErrors []struct{ Code, Message string }
		}
	}
	p.data(t, register, map[string]any{"input": map[string]any{"type": "file", "target": file}}, &data)
	if data.RegisterLocation.Location == nil || data.RegisterLocation.Location.ID == "" {
		t.Fatalf("registered %+v", data.RegisterLocation)
	}
}

func testCatalogChange(t *testing.T, p place) {
	var cursor struct{ CatalogCursor string }
	p.data(t, `{ catalogCursor }`, nil, &cursor)
	live := p.subscribe(t, catalog, map[string]any{"after": cursor.CatalogCursor})
	registerComponent(t, p, "brand-new", "everyone")
	var event catalogEvent
	for event.CatalogChanges.Ref != "component:default/brand-new" {
		live.next(&event)
	}
	if c := event.CatalogChanges; c.Change != "ADDED" || c.Entity == nil || c.Entity.Ref != c.Ref {
		t.Errorf("the change is %+v", c)
	}
	var resumed catalogEvent
	p.subscribe(t, catalog, map[string]any{"after": cursor.CatalogCursor}).next(&resumed)
	if resumed.CatalogChanges.Cursor == "" {
		t.Errorf("after the cursor comes %+v", resumed)
	}
}

func testViewerSeesNothingRestricted(t *testing.T, p place) {
	viewer := p.client
	viewer.token = p.token(t, "user:default/vera.kowal", "viewer")
	if got := viewer.ask(t, `{ entity(ref: "component:default/fraud-scoring") { ref } }`, nil); string(got.Data) != `{"entity":null}` {
		t.Errorf("by its ref the restricted component shows %s", got.Data)
	}
	operations := []string{
		overview, list, search,
		`{ entities(first: 100) { nodes { ref relations(first: 100) { nodes { targetRef target { ref } } } spec annotations { value } } } }`,
		`{ costReport { entities(first: 100) { nodes { entity { ref } } } } }`,
		`{ workloads(first: 100) { nodes { name entity { ref } } } }`,
	}
	for _, operation := range operations {
		got := viewer.ask(t, operation, map[string]any{"ref": "component:default/checkout", "text": "fraud scoring"})
		if strings.Contains(string(got.Data), "fraud-scoring") || strings.Contains(string(got.Data), "fraud-team") {
			t.Errorf("a viewer reads of what is restricted in the answer to %.60q:\n%s", operation, got.Data)
		}
	}
	var all struct{ Entities struct{ TotalCount int } }
	p.data(t, `{ entities { totalCount } }`, nil, &all)
	var some struct{ Entities struct{ TotalCount int } }
	viewer.data(t, `{ entities { totalCount } }`, nil, &some)
	if some.Entities.TotalCount >= all.Entities.TotalCount {
		t.Errorf("a viewer counts %d entities, an admin %d", some.Entities.TotalCount, all.Entities.TotalCount)
	}
}
