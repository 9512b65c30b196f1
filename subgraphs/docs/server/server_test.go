package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
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
	"devportal.internal/internal/events"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/postgres"
	"devportal.internal/subgraphs/docs/server"

	portalpg "devportal.internal/internal/postgres"

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

// organisation is three sites: an open one, a hidden one, and one that cannot be built.
func organisation(t *testing.T) *library {
	t.Helper()
	l := open(t, t.TempDir())
	l.write(t, "open", "mkdocs.yml", "site_name: Open\nsite_description: For all\nnav: [index.md, {More: more.md}]",
		"docs/index.md", "# Start\n\nA shared word: rhubarb. See [[marks]].\n\n![picture](picture.png)", "docs/more.md", "# More rhubarb\n\nrhubarb rhubarb",
		"docs/picture.png", "PNG", "docs/code.json", "{}")
	l.write(t, "hidden", "mkdocs.yml", "site_name: Hidden", "docs/index.md", "# Rhubarb in secret\n\nrhubarb quincunx", "docs/secret.png", "SECRET")
	l.write(t, "broken", "mkdocs.yml", "nav: [")
	l.start(t, l.documented("open"), graphtest.Restricted(l.documented("hidden")), l.documented("broken"), graphtest.Component("bare"))
	return l
}

const siteQuery = `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on CatalogEntity { docs {
	id title description etag entity { id } warnings nav { title path parent level } pages(first: 1) { totalCount pageInfo { hasNextPage endCursor } nodes { path title html headings { text anchor } editUrl } }
	first: page(path: "") { title } more: page(path: "/more/") { title } none: page(path: "nope") { title } } } } }`

func TestAnEntityShowsItsSite(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	got := graphtest.As(l.server, "admin").Data(t, siteQuery, representations("id-open", "id-bare", "id-broken", "id-nothing"))
	for _, want := range []string{
		`"id":"` + relay.EncodeID("DocsSite", "id-open") + `","title":"Open","description":"For all"`, `"entity":{"id":"` + relay.EntityID("id-open") + `"}`,
		`"nav":[{"title":"Start","path":"","parent":null,"level":0},{"title":"More","path":"more","parent":null,"level":0}]`,
		`"totalCount":2,"pageInfo":{"hasNextPage":true`, `/docs-assets/default/component/open/picture.png`,
		`"headings":[{"text":"Start","anchor":"start"}],"editUrl":null`, `"first":{"title":"Start"},"more":{"title":"More rhubarb"},"none":null`,
		`{"docs":null},{"docs":null},{"docs":null}]`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer lacks %s:\n%s", want, got)
		}
	}
}

func TestPagesAreReadOneAfterTheOther(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	const query = `query($reps: [_Any!]!, $after: String) { _entities(representations: $reps) { ... on DocsSite { pages(first: 1, after: $after) { pageInfo { hasNextPage endCursor } nodes { title } } } } }`
	reps := map[string]any{"reps": []any{map[string]any{"__typename": "DocsSite", "id": relay.EncodeID("DocsSite", "id-open")}}}
	var answer struct {
		Entities []struct {
			Pages struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
				Nodes []struct{ Title string }
			}
		} `json:"_entities"`
	}
	var titles []string
	for range 3 {
		if err := json.Unmarshal([]byte(graphtest.As(l.server, "viewer").Data(t, query, reps)), &answer); err != nil {
			t.Fatal(err)
		}
		page := answer.Entities[0].Pages
		titles = append(titles, page.Nodes[0].Title)
		reps["after"] = page.PageInfo.EndCursor
		if !page.PageInfo.HasNextPage {
			break
		}
	}
	if got := strings.Join(titles, ", "); got != "Start, More rhubarb" {
		t.Errorf("pages %s", got)
	}
	reps["after"] = "nonsense"
	if codes := graphtest.As(l.server, "viewer").Ask(t, query, reps).Codes(); len(codes) != 1 || codes[0] != relay.CodeInvalidCursor {
		t.Errorf("codes %v, want %s", codes, relay.CodeInvalidCursor)
	}
}

func TestWhatAViewerMayNotSeeDoesNotExist(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	viewer, admin := graphtest.As(l.server, "viewer"), graphtest.As(l.server, "admin")
	if got := viewer.Data(t, `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on CatalogEntity { docs { title } } } }`, representations("id-hidden")); got != `{"_entities":[{"docs":null}]}` {
		t.Errorf("the hidden entity shows %s", got)
	}
	byID := map[string]any{"reps": []any{map[string]any{"__typename": "DocsSite", "id": relay.EncodeID("DocsSite", "id-hidden")}}}
	const site = `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on DocsSite { title } } }`
	if got := viewer.Data(t, site, byID); got != `{"_entities":[null]}` {
		t.Errorf("by id the hidden site shows %s", got)
	}
	if got := admin.Data(t, site, byID); got != `{"_entities":[{"title":"Hidden"}]}` {
		t.Errorf("by id an admin sees %s", got)
	}
	for text, want := range map[string]string{"rhubarb": `"totalCount":2`, "quincunx": `"totalCount":0`, "secret": `"totalCount":0`, "secert": `"totalCount":0`} {
		got := viewer.Data(t, searchQuery, map[string]any{"text": text})
		if !strings.Contains(got, want) || strings.Contains(got, "quincunx") || strings.Contains(got, relay.EntityID("id-hidden")) {
			t.Errorf("a search for %s shows %s, want %s", text, got, want)
		}
	}
	if got := admin.Data(t, searchQuery, map[string]any{"text": "quincunx"}); !strings.Contains(got, `"totalCount":1`) {
		t.Errorf("an admin finds %s", got)
	}
	for _, document := range []string{`{ searchDocs(text: "x") { totalCount } }`} {
		if codes := graphtest.As(l.server, "stranger").Ask(t, document, nil).Codes(); len(codes) != 1 || codes[0] != "FORBIDDEN" {
			t.Errorf("%s: codes %v, want FORBIDDEN", document, codes)
		}
	}
}

const searchQuery = `query($text: String!, $first: Int, $after: String) { searchDocs(text: $text, first: $first, after: $after) {
	totalCount pageInfo { endCursor } nodes { title path snippet score entity { id } } } }`

func TestSearchRanksAndMarksAndForgivesSlips(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	admin := graphtest.As(l.server, "admin")
	got := admin.Data(t, searchQuery, map[string]any{"text": "rhubarb shared"})
	if !strings.Contains(got, `"totalCount":1`) || !strings.Contains(got, "[[shared]] word: [[rhubarb]]") || strings.Contains(got, "[[marks]]") {
		t.Errorf("all the words: %s", got)
	}
	var found struct {
		SearchDocs struct {
			TotalCount int
			PageInfo   struct{ EndCursor string }
			Nodes      []struct {
				Title string
				Score float64
			}
		}
	}
	seen := map[string]bool{}
	arguments := map[string]any{"text": "rhubarb", "first": 1}
	for score := 1e9; len(seen) < 3; {
		if err := json.Unmarshal([]byte(admin.Data(t, searchQuery, arguments)), &found); err != nil {
			t.Fatal(err)
		}
		if len(found.SearchDocs.Nodes) != 1 || found.SearchDocs.TotalCount != 3 {
			t.Fatalf("after %d pages: %+v", len(seen), found)
		}
		hit := found.SearchDocs.Nodes[0]
		if seen[hit.Title] || hit.Score > score {
			t.Errorf("%s comes again, or after a worse one", hit.Title)
		}
		seen[hit.Title], score = true, hit.Score
		arguments["after"] = found.SearchDocs.PageInfo.EndCursor
	}
	if got := admin.Data(t, searchQuery, map[string]any{"text": "rhubrab"}); !strings.Contains(got, "More rhubarb") {
		t.Errorf("with a slip: %s", got)
	}
}

func TestNoTextBreaksTheSearch(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	admin := graphtest.As(l.server, "admin")
	for _, text := range []string{
		`"`, `"a`, `a & | ! ( ) :* <->`, `' OR 1=1 --`, `\`, `-`, `- -`, "a\x00b", "the", "%_", "[[", "\u202e", strings.Repeat("(", 200), strings.Repeat("é", 200), `"a" or -"b"`,
	} {
		if answer := admin.Ask(t, searchQuery, map[string]any{"text": text}); len(answer.Errors) > 0 {
			t.Errorf("%q: %v", text, answer.Errors)
		}
	}
	for _, text := range []string{"", "  ", strings.Repeat("a", 201)} {
		if codes := admin.Ask(t, searchQuery, map[string]any{"text": text}).Codes(); len(codes) != 1 || codes[0] != docs.CodeSearchTextInvalid {
			t.Errorf("%q: codes %v, want %s", text, codes, docs.CodeSearchTextInvalid)
		}
	}
}

func TestStatementsDoNotGrowWithThePage(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir())
	var entities []entityindex.Entity
	var ids []string
	for i := range 20 {
		name := fmt.Sprintf("site-%02d", i)
		l.write(t, name, "docs/index.md", "# "+name, "docs/a.md", "a", "docs/b.md", "b")
		entities, ids = append(entities, l.documented(name)), append(ids, "id-"+name)
	}
	l.start(t, entities...)
	const query = `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on CatalogEntity { docs {
		title updatedAt pages(first: 20) { totalCount nodes { path title html } } page(path: "a") { title } } } } }`
	count := func(ids ...string) int {
		counted := 0
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, statements := portalpg.CountStatements(r.Context())
			l.subgraph.Handler().ServeHTTP(w, r.WithContext(ctx))
			counted = statements.Count()
		})
		graphtest.As(graphtest.Serve(t, handler), "admin").Data(t, query, representations(ids...))
		return counted
	}
	if one, all := count(ids[0]), count(ids...); one != 4 || all != 4 {
		t.Errorf("%d statements for a site, %d for twenty", one, all)
	}
}

func TestAssetsAreServedToThoseWhoMaySeeTheSite(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	get := func(role, path string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.assets.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if role != "" {
			request.Header.Set("X-Test-Role", role)
		}
		response, err := l.assets.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	const open, hidden = "/docs-assets/default/component/open/", "/docs-assets/default/component/hidden/"
	for _, c := range []struct {
		role, path string
		status     int
	}{
		{"viewer", open + "picture.png", 200},
		{"admin", hidden + "secret.png", 200},
		{"viewer", hidden + "secret.png", 404},
		{"stranger", open + "picture.png", 404},
		{"", open + "picture.png", 401},
		{"admin", open + "none.png", 404},
		{"admin", open + docs.MetadataFile, 404},
		{"viewer", open + "../hidden/secret.png", 404},
		{"viewer", open + "..%2fhidden%2fsecret.png", 404},
		{"admin", open, 404},
		{"admin", "/docs-assets/", 404},
		{"viewer", open + "%2e%2e/hidden/secret.png", 404},
		{"viewer", open + "x/..%5c..%5chidden/secret.png", 404},
	} {
		response := get(c.role, c.path)
		if response.StatusCode != c.status {
			t.Errorf("%s of %q: status %d, want %d", c.path, c.role, response.StatusCode, c.status)
		}
		if csp := response.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || response.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", c.path, response.Header)
		}
	}
	picture := get("viewer", open+"picture.png")
	if body, err := io.ReadAll(picture.Body); err != nil || string(body) != "PNG" || picture.Header.Get("Content-Type") != "image/png" {
		t.Errorf("picture %q of type %s, error %v", body, picture.Header.Get("Content-Type"), err)
	}
	if disposition := get("viewer", open+"code.json").Header.Get("Content-Disposition"); disposition != "attachment" {
		t.Errorf("disposition %q of data, want attachment", disposition)
	}
}

// eventually asks until the answer has what is wanted.
func eventually(t *testing.T, want string, ask func() string) {
	t.Helper()
	deadline := time.NewTimer(graphtest.Timeout)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for got := ask(); !strings.Contains(got, want); got = ask() {
		select {
		case <-deadline.C:
			t.Fatalf("the answer stays %s, want %s", got, want)
		case <-ticker.C:
		}
	}
}

func TestABuildThatFailsKeepsTheLastGoodSite(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	ask := func() string {
		return graphtest.As(l.server, "admin").Data(t, `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on CatalogEntity { docs { title warnings } } } }`,
			representations("id-open", "id-broken"))
	}
	l.write(t, "open", "mkdocs.yml", "docs_dir: ../hidden/docs")
	eventually(t, `{"title":"Open","warnings":["the last build failed: docs_dir leads out of the site's folder"`, ask)
	l.write(t, "open", "mkdocs.yml", "site_name: Again")
	eventually(t, `{"title":"Again","warnings":[]}`, ask)
	l.write(t, "broken", "mkdocs.yml", "site_name: Mended", "docs/index.md", "x")
	eventually(t, `{"title":"Mended","warnings":[]}`, ask)
}

func TestASiteGoesWithItsEntityOrAnnotation(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	assets := func() string {
		var keys []string
		list := l.bucket.List(nil)
		for object, err := list.Next(t.Context()); err == nil; object, err = list.Next(t.Context()) {
			keys = append(keys, object.Key)
		}
		return strings.Join(keys, " ") + "."
	}
	open, hidden := l.documented("open"), graphtest.Restricted(l.documented("hidden"))
	plain := hidden
	plain.Annotations = nil
	l.bench.Publish(t, []entityindex.Change{{Previous: &open}, {Entity: &plain, Previous: &hidden}}, server.Name)
	got := graphtest.As(l.server, "admin").Data(t, searchQuery, map[string]any{"text": "rhubarb"})
	if !strings.Contains(got, `"totalCount":0`) {
		t.Errorf("after the removal: %s", got)
	}
	for got := assets(); got != "."; got = assets() {
		if t.Context().Err() != nil {
			t.Fatal("the assets stay")
		}
	}
}

const buildsQuery = `subscription($after: String) { docsBuilt(after: $after) { cursor result site { title } } }`

type event struct {
	Cursor string
	Result string
	Site   *struct{ Title string }
}

func next(t *testing.T, answers <-chan graphtest.Answer) event {
	t.Helper()
	answer := graphtest.Next(t, answers)
	var data struct{ DocsBuilt event }
	if err := json.Unmarshal(answer.Data, &data); err != nil || len(answer.Errors) > 0 {
		t.Fatalf("answer %s, errors %v", answer.Data, answer.Errors)
	}
	return data.DocsBuilt
}

func TestBuildsAreToldLiveAndAgain(t *testing.T) {
	t.Parallel()
	l := organisation(t)
	viewer := graphtest.As(l.server, "viewer")
	start := map[string]any{"after": events.Cursor{}.String()}
	live := viewer.Follow(t, buildsQuery, start)
	if first := next(t, live); first.Result != "BUILT" || first.Site == nil || first.Site.Title != "Open" {
		t.Fatalf("first %+v, want the open site", first)
	}
	l.write(t, "hidden", "mkdocs.yml", "site_name: Still hidden")
	l.write(t, "open", "mkdocs.yml", "site_name: New")
	second := next(t, live)
	if second.Result != "BUILT" || second.Site == nil || second.Site.Title != "New" {
		t.Fatalf("second %+v, want the new site", second)
	}
	open := l.documented("open")
	restricted := graphtest.Restricted(open)
	l.bench.Publish(t, []entityindex.Change{{Entity: &restricted, Previous: &open}}, server.Name)
	if third := next(t, live); third.Result != "REMOVED" || third.Site != nil {
		t.Errorf("when it is hidden: %+v, want REMOVED", third)
	}
	l.bench.Publish(t, []entityindex.Change{{Entity: &open, Previous: &restricted}}, server.Name)
	fourth := next(t, live)
	if fourth.Result != "BUILT" || fourth.Site == nil {
		t.Errorf("when it is shown again: %+v, want BUILT", fourth)
	}
	if resumed := next(t, viewer.Follow(t, buildsQuery, map[string]any{"after": second.Cursor})); resumed.Result != "REMOVED" {
		t.Errorf("after the second comes %+v, want the removal", resumed)
	}
}
