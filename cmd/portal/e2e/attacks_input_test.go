package e2e_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// attackWithAliases names fields as merging, or JavaScript, might trip over.
func attackWithAliases(t *testing.T, v victim) {
	tests := map[string]string{
		`{ __proto__: entity(ref: "component:default/checkout") { constructor: ref toString: kind __proto__: title } }`: `{"__proto__":{"constructor":"component:default/checkout","toString":"Component","__proto__":"Checkout"}}`,
		`{ entity(ref: "component:default/checkout") { id: kind __typename: title ref: kind cost(last: 7) { currency: __typename } kubernetes { health: __typename } } }`: `{"entity":{"id":"Component","__typename":"Checkout","ref":"Component",` +
			`"cost":{"currency":"EntityCost"},"kubernetes":{"health":"EntityKubernetes"}}}`,
		`{ data: entity(ref: "component:default/checkout") { errors: ref extensions: owner { id: ref __typename: kind } } errors: entity(ref: "nothing:at/all") { ref } }`: `{"data":{"errors":"component:default/checkout","extensions":{"id":"group:default/checkout-team","__typename":"Group"}},"errors":null}`,
		`{ _entities: catalogCursor _service: entity(ref: "component:default/checkout") { _entities: ref } }`:                                                              `_entities":"component:default/checkout"`,
	}
	for document, want := range tests {
		got := v.ask(t, document, nil)
		if len(got.Errors) > 0 || !strings.Contains(string(got.Data), want) {
			t.Errorf("%s is answered with\n%s %v, want\n%s", document, got.Data, got.Errors, want)
		}
	}
}

// canaryServer is a server within the network that nothing may be read from.
type canaryServer struct {
	port string
	hits atomic.Int64
}

func newCanaryServer(t testing.TB) *canaryServer {
	t.Helper()
	c := &canaryServer{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.hits.Add(1)
		fmt.Fprintf(w, newComponent, "stolen", "everyone")
	}))
	t.Cleanup(server.Close)
	_, c.port, _ = net.SplitHostPort(server.Listener.Addr().String())
	return c
}

type registration struct {
	RegisterLocation *struct {
		Location   *struct{ ID string }
		UserErrors []struct{ Code, Message string }
	}
}

// mustNotRegister registers a location that has to be refused with a code.
func (v victim) mustNotRegister(t *testing.T, kind, target string) {
	t.Helper()
	got := v.ask(t, register, map[string]any{"input": map[string]any{"type": kind, "target": target}})
	var data registration
	if len(got.Data) > 0 {
		if err := json.Unmarshal(got.Data, &data); err != nil {
			t.Fatal(err)
		}
	}
	for _, failure := range got.Errors {
		if failure.Extensions["code"] == "INTERNAL_SERVER_ERROR" {
			t.Errorf("%s %.100q fails within: %v", kind, target, failure)
		}
	}
	registered := data.RegisterLocation
	if registered != nil && (registered.Location != nil || len(registered.UserErrors) == 0) {
		t.Errorf("%s %.100q is registered", kind, target)
	}
	if registered == nil && len(got.Errors) == 0 {
		t.Errorf("%s %.100q is not answered", kind, target)
	}
}

// attackWithURLs registers what the portal, but nobody outside, can reach.
func attackWithURLs(t *testing.T, v victim) {
	port := ":" + v.hits.port
	targets := []string{
		"http://127.0.0.1" + port + "/", "http://localhost" + port + "/", "http://LOCALHOST." + port + "/", "http://[::1]" + port + "/",
		"http://[::ffff:127.0.0.1]" + port + "/", "http://[::ffff:7f00:1]" + port + "/", "http://[64:ff9b::7f00:1]" + port + "/",
		"http://0.0.0.0" + port + "/", "http://[::]" + port + "/", "http://127.1" + port + "/", "http://2130706433" + port + "/",
		"http://0x7f000001" + port + "/", "http://0177.0.0.1" + port + "/", "http://127.0.0.1%00.example.com" + port + "/",
		"http://example.com@127.0.0.1" + port + "/", "http://127.0.0.1" + port + "#@example.com/", "http://user:word@localhost" + port + "/",
		"http://169.254.169.254/latest/meta-data/", "http://[fe80::1%25lo]" + port + "/", "http://metadata.google.internal/",
		"http://10.0.0.1/", "http://100.64.0.1/", "http://" + v.process.admin + "/metrics",
		"file:///etc/passwd", "gopher://127.0.0.1" + port + "/", "unix:///tmp/x", "//127.0.0.1" + port + "/", "http:127.0.0.1" + port, "http://",
		"http://127.0.0.1" + port + "/\r\nHost: example.com", "javascript:alert(1)", strings.Repeat("http://a/", 10_000),
	}
	for _, target := range targets {
		v.mustNotRegister(t, "url", target)
	}
	folder := v.repository(t, "pointing", fmt.Sprintf(`apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: pointing}
spec: {type: url, targets: ["http://127.0.0.1:%[1]s/a.yaml", "http://localhost:%[1]s/b.yaml"]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: pointing, annotations: {backstage.io/techdocs-ref: "url:http://127.0.0.1:%[1]s/"}}
spec: {type: openapi, lifecycle: production, owner: group:default/checkout-team, definition: {$text: "http://127.0.0.1:%[1]s/c.yaml"}}
`, v.hits.port))
	v.ask(t, register, map[string]any{"input": map[string]any{"type": "file", "target": filepath.Join(folder, "catalog-info.yaml")}})
	if hits := v.hits.hits.Load(); hits > 0 {
		t.Errorf("the portal read %d times from within the network", hits)
	}
}

// repository writes a catalog file where the portal may read it, and gives its folder.
func (v victim) repository(t testing.TB, name, text string) string {
	t.Helper()
	folder := filepath.Join(v.folder, "repositories", name)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "catalog-info.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// attackWithPaths registers files outside of the folders that may be read, also by links and by a placeholder.
func attackWithPaths(t *testing.T, v victim) {
	outside := filepath.Join(t.TempDir(), "outside.yaml")
	if err := os.WriteFile(outside, fmt.Appendf(nil, newComponent, "outside", "everyone"), 0o600); err != nil {
		t.Fatal(err)
	}
	inside := v.repository(t, "linked", fmt.Sprintf(newComponent, "linked", "everyone"))
	if err := os.Symlink(outside, filepath.Join(inside, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(inside, "folder")); err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(inside, outside)
	if err != nil {
		t.Fatal(err)
	}
	targets := []string{
		outside, inside + "/" + relative, inside + "/link.yaml", inside + "/folder/outside.yaml", inside + "/folder/*.yaml", "/etc/passwd", "/proc/self/environ",
		"/dev/zero", filepath.Join(v.folder, "keys", "client-tokens.pem"), inside + "/catalog-info.yaml\x00.png", inside, "", ".", "../..", strings.Repeat("a/", 50_000),
		inside + "/**/**/**/**/**/**/**/**/**/**/[a-", "\n",
	}
	for _, target := range targets {
		v.mustNotRegister(t, "file", target)
	}
	v.mustNotRegister(t, "constructor", inside)
	placeholder := v.repository(t, "placing", `apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: placing}
spec: {type: openapi, lifecycle: production, owner: group:default/checkout-team, definition: {$text: `+relative+`}}
`)
	v.ask(t, register, map[string]any{"input": map[string]any{"type": "file", "target": placeholder + "/catalog-info.yaml"}})
	got := v.ask(t, `{ outside: entity(ref: "component:default/outside") { ref } placing: entity(ref: "api:default/placing") { spec } }`, nil)
	if strings.Contains(string(got.Data), "checkout-team") && strings.Contains(string(got.Data), "experimental") || !strings.Contains(string(got.Data), `"outside":null`) {
		t.Errorf("a file outside was read: %s", got.Data)
	}
}

// attackWithYAML registers files that are small until they are read.
func attackWithYAML(t *testing.T, v victim) {
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for i := range 12 {
		fmt.Fprintf(&laughs, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), ", "))
	}
	head := "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: bomb}\n"
	files := map[string]string{
		"laughs":    head + "spec:\n  " + strings.ReplaceAll(laughs.String(), "\n", "\n  "),
		"self":      head + "spec: &a {type: service, lifecycle: production, owner: x, again: *a}\n",
		"deep":      head + "spec: " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"deep-maps": head + "spec: " + strings.Repeat("{a: ", 50_000) + "1" + strings.Repeat("}", 50_000),
		"merged":    head + "x: &x {<<: [{a: 1}]}\nspec: {<<: *x, type: service, lifecycle: production, owner: x}\n",
		"numbers":   head + "spec: {type: service, lifecycle: production, owner: x, n: 1e999999999, i: 99999999999999999999999999, o: .inf, h: 0x" + strings.Repeat("f", 10_000) + "}\n",
		"tags":      head + "spec: !!python/object/apply:os.system [\"true\"]\n",
		"binary":    "\x00\x01\xff\xfe" + head,
		"documents": strings.Repeat("---\n", 500_000),
		"text":      strings.Repeat("a", 3<<20),
	}
	for name, text := range files {
		folder := v.repository(t, "bomb-"+name, text)
		got := v.ask(t, register, map[string]any{"input": map[string]any{"type": "file", "target": folder + "/catalog-info.yaml"}})
		for _, failure := range got.Errors {
			if failure.Extensions["code"] == "INTERNAL_SERVER_ERROR" {
				t.Errorf("%s fails within: %v", name, failure)
			}
		}
	}
}

// attackWithValues sends numbers and nesting that no client needs.
func attackWithValues(t *testing.T, v victim) {
	deepList := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	deepFilter := strings.Repeat(`{"not":`, 60) + `{}` + strings.Repeat(`}`, 60)
	wide := `{"kind":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 40_000), ",") + `]}`
	count := `query($n: Int, $f: EntityFilter) { entities(first: $n, filter: $f) { totalCount } }`
	tests := map[string]string{
		"a list in a list":         fmt.Sprintf(`{"query":%q,"variables":{"f":%s}}`, count, deepList),
		"a list in a list outside": fmt.Sprintf(`{"query":%q,"extensions":{"f":%s}}`, count, deepList),
		"a list as the body":       deepList,
		"a filter in a filter":     fmt.Sprintf(`{"query":%q,"variables":{"f":%s}}`, count, deepFilter),
		"a wide filter":            fmt.Sprintf(`{"query":%q,"variables":{"f":%s}}`, count, wide),
		"2^31":                     fmt.Sprintf(`{"query":%q,"variables":{"n":2147483648}}`, count),
		"1e400":                    fmt.Sprintf(`{"query":%q,"variables":{"n":1e400}}`, count),
		"a million digits":         fmt.Sprintf(`{"query":%q,"variables":{"n":%s}}`, count, strings.Repeat("9", 1_000_000)),
		"a fraction":               fmt.Sprintf(`{"query":%q,"variables":{"n":1.5}}`, count),
		"less than nothing":        fmt.Sprintf(`{"query":%q,"variables":{"n":-1}}`, count),
		"a million":                fmt.Sprintf(`{"query":%q,"variables":{"n":1000000}}`, count),
		"a literal beyond an Int":  `{"query":"{ entities(first: 99999999999999999999) { totalCount } }"}`,
		"a NUL in a ref":           `{"query":"{ entity(ref: \"component:default/a\u0000b\") { ref } }"}`,
		"half a surrogate":         `{"query":"query($r: EntityRef!) { entity(ref: $r) { ref } }","variables":{"r":"component:default/\ud800"}}`,
		"bytes that are no text":   "{\"query\":\"{ entity(ref: \\\"component:default/\xff\\\") { ref } }\"}",
		"a forged cursor":          `{"query":"{ entities(after: \"' OR 1=1 --\") { totalCount } }"}`,
		"a forged id":              `{"query":"{ node(id: \"RW50aXR5OicgT1IgMT0xIC0t\") { id } }"}`,
		"a search for syntax":      `{"query":"{ searchDocs(text: \"' & | ! ( <-> :* \\\\ \") { nodes { title } } }"}`,
	}
	for name, body := range tests {
		for _, accept := range []string{jsonType, "text/event-stream"} {
			got := v.send(t, http.MethodPost, "/graphql", map[string]string{"Content-Type": jsonType, "Accept": accept}, []byte(body))
			if got.status >= 500 || strings.Contains(got.body, "INTERNAL_SERVER_ERROR") || strings.Contains(got.body, "SUBREQUEST_FAILED") {
				t.Errorf("%s for %s fails within: %d %.300s", name, accept, got.status, got.body)
			}
			if len(got.body) > 16<<10 {
				t.Errorf("%s for %s is answered with %d bytes", name, accept, len(got.body))
			}
		}
	}
}
