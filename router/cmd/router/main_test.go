package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const subgraphSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { greeting(name: String): String }
`

// command runs a command line and returns its status and what it wrote.
func command(t *testing.T, environ []string, in string, arguments ...string) (status int, out, complaints string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), arguments, process{in: strings.NewReader(in), out: &stdout, err: &stderr, environ: environ})
	return status, stdout.String(), stderr.String()
}

func write(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// composedAt composes a supergraph whose one subgraph is at url, by the command itself.
func composedAt(t *testing.T, folder, url string) string {
	t.Helper()
	write(t, folder, "greeter.graphql", subgraphSDL)
	config := write(t, folder, "supergraph.yaml", "subgraphs:\n  greeter:\n    routing_url: "+url+"\n    schema: {file: greeter.graphql}\n")
	out := filepath.Join(folder, "supergraph.graphql")
	if status, _, complaints := command(t, nil, "", "compose", "--config", config, "--out", out); status != 0 {
		t.Fatal(complaints)
	}
	return out
}

func TestCompose_answers_in_JSON(t *testing.T) {
	t.Parallel()
	input, _ := json.Marshal([]map[string]string{{"name": "greeter", "url": "http://greeter", "sdl": subgraphSDL}})
	status, out, complaints := command(t, nil, string(input), "compose", "--format", "json")
	var result struct {
		SupergraphSdl string
		Hints         []any
	}
	if err := json.Unmarshal([]byte(out), &result); err != nil || status != 0 || !strings.Contains(result.SupergraphSdl, "greeting") || result.Hints == nil {
		t.Errorf("%d %s %s %v", status, out, complaints, err)
	}
	status, out, _ = command(t, nil, `[{"name":"a","url":"http://a","sdl":"type Query { x: Nothing }"}]`, "compose", "--format", "json")
	var failed struct {
		Errors []struct {
			Code, Message, Subgraph string
			Line, Column            int
		}
	}
	if err := json.Unmarshal([]byte(out), &failed); err != nil || status != 1 || len(failed.Errors) == 0 || failed.Errors[0].Code == "" ||
		failed.Errors[0].Subgraph != "a" || failed.Errors[0].Line != 1 || failed.Errors[0].Column == 0 {
		t.Errorf("%d %s %v", status, out, err)
	}
}

func TestCompose_makes_a_contract_of_tags(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "a.graphql", `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])
type Query { open: Int @tag(name: "public") partner: Int @tag(name: "partner") @tag(name: "beta") inner: Int }`)
	config := write(t, folder, "supergraph.yaml", "subgraphs: {a: {routing_url: http://a, schema: {file: a.graphql}}}")
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{nil, "open partner inner"},
		{[]string{"--include-tags", "public,partner"}, "open partner"},
		{[]string{"--exclude-tags", "beta"}, "open inner"},
		{[]string{"--include-tags", "public,partner", "--exclude-tags", "beta"}, "open"},
	} {
		status, api, complaints := command(t, nil, "", append([]string{"compose", "--config", config, "--api"}, c.flags...)...)
		var has []string
		for _, field := range []string{"open", "partner", "inner"} {
			if strings.Contains(api, field+": Int") {
				has = append(has, field)
			}
		}
		if got := strings.Join(has, " "); status != 0 || got != c.want {
			t.Errorf("%v: status %d, %q instead of %q: %s%s", c.flags, status, got, c.want, api, complaints)
		}
	}
}

func TestCompose_says_where_mistakes_and_hints_are(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	config := write(t, folder, "supergraph.yaml", "subgraphs: {a: {routing_url: http://a, schema: {file: a.graphql}}}")
	write(t, folder, "a.graphql", "type Query {\n  x: Nothing\n}\n")
	status, _, complaints := command(t, nil, "", "compose", "--config", config)
	if status != 1 || !strings.HasPrefix(complaints, "a:2:3: INVALID_GRAPHQL: ") {
		t.Errorf("%d %q", status, complaints)
	}
	write(t, folder, "a.graphql", "type Query { x: Int }\nenum Unused { A }\n")
	status, _, complaints = command(t, nil, "", "compose", "--config", config, "--hints", "--out", filepath.Join(folder, "out.graphql"))
	if status != 0 || !strings.HasPrefix(complaints, "a:2:6: hint UNUSED_ENUM_TYPE: ") {
		t.Errorf("%d %q", status, complaints)
	}
}

func TestCompose_names_what_is_wrong(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for text, want := range map[string]string{
		"subgraphs: {a: {schema: {file: nothing.graphql}}}": "nothing.graphql",
		"subgraphs: {a: {scheme: {}}}":                      "scheme",
	} {
		status, _, complaints := command(t, nil, "", "compose", "--config", write(t, folder, "s.yaml", text))
		if status != 1 || !strings.Contains(complaints, want) || strings.Count(complaints, "\n") != 1 {
			t.Errorf("%s: %d %q", text, status, complaints)
		}
	}
}

func TestPlan_shows_the_fetches(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	schema := composedAt(t, folder, "http://greeter")
	operation := write(t, folder, "op.graphql", `query($n: String!) { greeting(name: $n) }`)
	status, out, complaints := command(t, nil, "", "plan", "--supergraph", schema, "--operation", operation)
	if status != 0 || !strings.Contains(out, "greeter") || !strings.Contains(out, "greeting(name:$n)") {
		t.Errorf("%d %s %s", status, out, complaints)
	}
	status, out, _ = command(t, nil, "", "plan", "--supergraph", schema, "--operation", operation, "--format", "json")
	var shown struct{ Fetches []struct{ Subgraph string } }
	if err := json.Unmarshal([]byte(out), &shown); err != nil || status != 0 || len(shown.Fetches) != 1 || shown.Fetches[0].Subgraph != "greeter" {
		t.Errorf("%d %s %v", status, out, err)
	}
	bad := write(t, folder, "bad.graphql", `{ nothing }`)
	if status, _, complaints = command(t, nil, "", "plan", "--supergraph", schema, "--operation", bad); status != 1 || !strings.Contains(complaints, "nothing") {
		t.Errorf("%d %s", status, complaints)
	}
}

func TestServe_stops_at_a_setting_that_is_wrong(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	schema := composedAt(t, folder, "http://greeter")
	for _, c := range []struct {
		name      string
		environ   []string
		file      string
		arguments []string
		want      string
	}{
		{name: "unknown flag", arguments: []string{"--nonsense"}, want: "--nonsense"},
		{name: "unknown variable", environ: []string{"ROUTER_NONSENSE=1"}, want: "ROUTER_NONSENSE"},
		{name: "unknown setting", file: "limits: {nonsense: 1}", want: "limits_nonsense"},
		{name: "invalid variable", environ: []string{"ROUTER_LIMITS_TOKENS=many"}, want: "limits-tokens"},
		{name: "invalid setting", file: "grace: long", want: "grace"},
		{name: "broken file", file: "a: [", want: "settings.yaml"},
		{name: "a flag wins over a variable, that over the file", environ: []string{"ROUTER_LISTEN=nowhere:x"}, file: "listen: 127.0.0.1:0", want: "nowhere:x"},
		{name: "a budget that is never restored", environ: []string{"ROUTER_BUDGET_SIZE=100"}, want: "budget-restore"},
		{name: "a Redis that is none", file: "redis: http://user:canary@x", want: "setting redis"},
		{name: "an event source that is none", file: "event_sources: {redis: \"http://user:canary@x\"}", want: "setting event_sources"},
		{name: "a mode without operations", file: "persisted: {mode: enforce}", want: "persisted-operations"},
		{name: "a mode that is none", file: "persisted: {clients: {old: sometimes}}", want: "old"},
		{name: "operations that are not there", arguments: []string{"--persisted-operations", "nowhere"}, want: "nowhere"},
		{name: "a subgraph's URL", arguments: []string{"--subgraph-url", "greeter=nonsense"}, want: "greeter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := write(t, t.TempDir(), "settings.yaml", c.file)
			arguments := append([]string{"serve", "--supergraph", schema, "--config", config}, c.arguments...)
			status, _, complaints := command(t, append(c.environ, "ROUTER_PORT=tcp://x", "ROUTER_SERVICE_HOST=y"), "", arguments...)
			if status != 1 || !strings.Contains(complaints, c.want) || strings.Count(complaints, "\n") != 1 {
				t.Errorf("%d %q, want one line with %q", status, complaints, c.want)
			}
		})
	}
}

func TestServe_answers_and_ends_at_the_signal(t *testing.T) {
	t.Parallel()
	subgraph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{"greeting":"hello"}}`)
	}))
	defer subgraph.Close()
	folder := t.TempDir()
	schema := composedAt(t, folder, subgraph.URL)
	operations := t.TempDir()
	write(t, operations, "greeting.graphql", "{greeting}")
	ctx, cancel := context.WithCancel(t.Context())
	out, pipe := io.Pipe()
	var complaints bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		arguments := []string{
			"serve", "--supergraph", schema, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--reload", "20ms", "--drain", "10ms",
			"--persisted-operations", operations, "--persisted-mode", "enforce", "--budget-size", "100", "--budget-restore", "10",
		}
		ended <- run(ctx, arguments, process{out: pipe, err: &complaints})
	}()
	lines := make([]byte, 1024)
	n, err := out.Read(lines)
	if err != nil {
		t.Fatal(err)
	}
	urls := strings.Fields(string(lines[:n]))
	graphql, metrics := urls[1], urls[3]
	expect(t, graphql+"?query={greeting}", `{"data":{"greeting":"hello"}`)
	expect(t, strings.Replace(graphql, "/graphql", "/schema.graphql", 1), "greeting(name: String): String")
	expect(t, strings.Replace(graphql, "/graphql", "/readyz", 1), "ok")
	expect(t, metrics, `router_operations_total{kind="query",outcome="ok"} 1`)
	write(t, folder, "greeter.graphql", strings.Replace(subgraphSDL, "greeting(", "later: Int greeting(", 1))
	command(t, nil, "", "compose", "--config", filepath.Join(folder, "supergraph.yaml"), "--out", schema)
	expect(t, strings.Replace(graphql, "/graphql", "/schema.graphql", 1), "later: Int")
	expect(t, graphql+"?query={greeting,__typename}", `"code":"QUERY_NOT_IN_SAFELIST"`)
	write(t, operations, "hello.graphql", "{greeting,__typename}")
	expect(t, graphql+"?query={greeting,__typename}", `{"data":{"greeting":"hello","__typename":"Query"},"extensions":{"cost":{`)
	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("status %d: %s", status, complaints.String())
	}
}

// expect asks until the answer has what is wanted: a reload takes its time.
func expect(t *testing.T, url, want string) {
	t.Helper()
	var body []byte
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, _ = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if strings.Contains(string(body), want) {
			return
		}
	}
	t.Errorf("%s: got %s, want %s", url, body, want)
}
