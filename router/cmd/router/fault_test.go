package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"devportal.internal/router/internal/processor"
)

// asRouter makes this program, run once more by a test, the command itself: a process with memory of its own.
const asRouter = "BE_THE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asRouter) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const (
	itemsSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { items: [Item!]! }
type Item @key(fields: "id") { id: ID! name: String }
`
	ratingsSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Mutation { rate: Int }
type Item @key(fields: "id") { id: ID! stars: Int }
`
	itemsQuery = `{"query":"{items{id name stars}}"}`
	whole      = `{"data":{"items":[{"id":"1","name":"one","stars":5},{"id":"2","name":"two","stars":4}]}}`
	stars      = `{"data":{"_entities":[{"stars":5},{"stars":4}]}}`
)

// failed is the answer when ratings could not be asked.
const failed = `{"errors":[{"message":"The request to a subgraph failed.","path":["items",0,"stars"],"extensions":{"code":"SUBREQUEST_FAILED"}},` +
	`{"message":"The request to a subgraph failed.","path":["items",1,"stars"],"extensions":{"code":"SUBREQUEST_FAILED"}}],` +
	`"data":{"items":[{"id":"1","name":"one","stars":null},{"id":"2","name":"two","stars":null}]}}`

// served is the command, serving a healthy subgraph and one that does what a test says.
type served struct {
	t       *testing.T
	address string
	pid     int
	ratings atomic.Pointer[http.HandlerFunc]
	asked   atomic.Int32 // how often ratings was
}

func serveFaulty(t *testing.T, arguments ...string) *served {
	t.Helper()
	s := &served{t: t}
	s.does(says(200, stars))
	items := httptest.NewServer(says(200, `{"data":{"items":[{"__typename":"Item","id":"1","name":"one"},{"__typename":"Item","id":"2","name":"two"}]}}`))
	t.Cleanup(items.Close)
	ratings := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		(*s.ratings.Load())(w, r)
	}))
	t.Cleanup(ratings.Close)
	s.start(append(arguments, "--supergraph", supergraphOf(t, items.URL, ratings.URL)))
	return s
}

func supergraphOf(t *testing.T, items, ratings string) string {
	t.Helper()
	folder := t.TempDir()
	write(t, folder, "items.graphql", itemsSDL)
	write(t, folder, "ratings.graphql", ratingsSDL)
	config := write(t, folder, "supergraph.yaml", "subgraphs:\n  items:\n    routing_url: "+items+"\n    schema: {file: items.graphql}\n"+
		"  ratings:\n    routing_url: "+ratings+"\n    schema: {file: ratings.graphql}\n")
	out := filepath.Join(folder, "supergraph.graphql")
	if status, _, complaints := command(t, nil, "", "compose", "--config", config, "--out", out); status != 0 {
		t.Fatal(complaints)
	}
	return out
}

// start runs the command until the test ends.
func (s *served) start(arguments []string) {
	s.t.Helper()
	program := exec.Command(os.Args[0], append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--drain", "1ms"}, arguments...)...)
	program.Env = append(os.Environ(), asRouter+"=1")
	var complaints bytes.Buffer
	program.Stderr = &complaints
	out, err := program.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = program.Process.Signal(syscall.SIGTERM)
		if err := program.Wait(); err != nil {
			s.t.Errorf("the command ended with %v: %.2000s", err, complaints.String())
		}
		if strings.Contains(complaints.String(), canary) {
			s.t.Errorf("the log repeats a secret: %.2000s", complaints.String())
		}
		if strings.Contains(complaints.String(), "panic") {
			s.t.Errorf("it panicked: %.2000s", complaints.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.t.Fatalf("%v: %s", err, complaints.String())
	}
	s.address, s.pid = strings.Fields(line)[1], program.Process.Pid
}

// does changes what ratings does from now on.
func (s *served) does(handler http.HandlerFunc) { s.ratings.Store(&handler) }

func (s *served) ask(body string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("status %d, %v: %.500s", resp.StatusCode, err, got)
	}
	return string(got)
}

// peak is the most memory that the command has had so far, in MB; 0 where the system does not tell.
func (s *served) peak() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.Atoi(kilobytes)
	return n >> 10
}

func says(status int, body string) http.HandlerFunc { return saysAs("application/json", status, body) }

func saysAs(media string, status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangsUp answers with a text that is no whole response, or with nothing, and closes the connection.
func hangsUp(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

// saysNothing holds the connection until the router gives up.
func saysNothing(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// saysFar writes 500 MB of a string, or tells that it would.
func saysFar(announced bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if announced {
			w.Header().Set("Content-Length", strconv.Itoa(500<<20))
		}
		_, _ = io.WriteString(w, `{"data":{"x":"`)
		piece := bytes.Repeat([]byte("x"), 1<<20)
		for range 500 {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}
}

func TestServe_answers_the_rest_when_a_subgraph_fails(t *testing.T) {
	t.Parallel()
	s := serveFaulty(t, "--timeout", "1s", "--breaker=-1")
	const secret = "secret-of-the-subgraph"
	wrong := func(what string) string {
		return strings.ReplaceAll(`{"errors":[{"message":"`+what+`","path":["items",0,"stars"],"extensions":{"code":"INVALID_RESULT"}}],`, "~", `\"`) +
			`"data":{"items":[{"id":"1","name":"one","stars":null},{"id":"2","name":"two","stars":4}]}}`
	}
	for _, c := range []struct {
		name string
		does http.HandlerFunc
		want string
	}{
		{"healthy", says(200, stars), whole},
		{"slow", saysNothing, failed},
		{"closing connections", hangsUp(""), failed},
		{"speaking something else", hangsUp("SSH-2.0-" + secret + "\r\n\r\n"), failed},
		{"garbage", says(200, "\x00\xff"+secret+"{{{"), failed},
		{"a truncated body", hangsUp("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n" + stars[:20]), failed},
		{"a truncated chunk", hangsUp("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + stars[:20]), failed},
		{"JSON that breaks off", says(200, stars[:20]), failed},
		{"JSON and more", says(200, stars+"{}"), failed},
		{"a page", saysAs("text/html", 200, "<html>"+secret), failed},
		{"a page of a proxy", saysAs("text/html", 502, "<html>"+secret), failed},
		{"no JSON object", says(200, `["`+secret+`"]`), failed},
		{"null", says(200, `null`), failed},
		{"nothing", says(200, ``), failed},
		{"no data", says(200, `{}`), failed},
		{"data that is a list", says(200, `{"data":[]}`), failed},
		{"too few entities", says(200, `{"data":{"_entities":[{"stars":5}]}}`), failed},
		{"entities that are texts", says(200, `{"data":{"_entities":["`+secret+`","x"]}}`), failed},
		{"errors that are a text", says(200, `{"data":null,"errors":"`+secret+`"}`), failed},
		{"deep nesting", says(200, `{"data":{"x":`+strings.Repeat("[", 1<<20)), failed},
		{"a text for a number", says(200, `{"data":{"_entities":[{"stars":"`+secret+`"},{"stars":4}]}}`), wrong("The value of field Item.stars is not a 32-bit integer.")},
		{"an object for a number", says(200, `{"data":{"_entities":[{"stars":{"a":1}},{"stars":4}]}}`), wrong("The value of field Item.stars is not a 32-bit integer.")},
		{"a number that is too large", says(200, `{"data":{"_entities":[{"stars":2147483648},{"stars":4}]}}`), wrong("The value of field Item.stars is not a 32-bit integer.")},
		{"500 MB", saysFar(false), failed},
		{"500 MB, announced", saysFar(true), failed},
		{"healthy again", says(200, stars), whole},
	} {
		s.does(c.does)
		if got := s.ask(itemsQuery); got != c.want {
			t.Errorf("%s: got %.1000s", c.name, got)
		}
	}
	peak := s.peak()
	t.Logf("it has had %d MB", peak)
	if peak > 250*int(processor.Allowed(1)) { // the race detector has a memory of its own
		t.Error("it held more than the limit of one answer, some times over")
	}
}

func TestServe_leaves_a_failing_subgraph_alone_and_comes_back(t *testing.T) {
	t.Parallel()
	s := serveFaulty(t, "--breaker", "3", "--breaker-pause", "3s")
	s.does(saysAs("text/html", 503, "<html>"))
	began := time.Now()
	for range 10 {
		if got := s.ask(itemsQuery); got != failed {
			t.Fatalf("got %s", got)
		}
	}
	if asked := s.asked.Load(); asked < 3 || asked > 3 && time.Since(began) < 3*time.Second {
		t.Errorf("it was asked %d times", asked)
	}
	s.does(says(200, stars))
	for deadline := time.Now().Add(time.Minute); s.ask(itemsQuery) != whole; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is not asked again")
		}
	}
	before := s.asked.Load()
	for range 5 {
		if got := s.ask(itemsQuery); got != whole {
			t.Errorf("closed again, got %s", got)
		}
	}
	if asked := s.asked.Load() - before; asked != 5 {
		t.Errorf("asked %d times for 5 queries", asked)
	}
}

func TestServe_sends_queries_again_and_never_mutations(t *testing.T) {
	t.Parallel()
	s := serveFaulty(t, "--retries", "2", "--breaker=-1")
	unwell := func(times int32, then http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if s.asked.Load() <= times {
				saysAs("text/html", 503, "")(w, r)
				return
			}
			then(w, r)
		}
	}
	s.does(unwell(2, says(200, stars)))
	if got := s.ask(itemsQuery); got != whole || s.asked.Load() != 3 {
		t.Errorf("after %d requests: %s", s.asked.Load(), got)
	}
	s.asked.Store(0)
	s.does(unwell(1, says(200, `{"data":{"rate":1}}`)))
	var answer struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if got := s.ask(`{"query":"mutation{rate}"}`); json.Unmarshal([]byte(got), &answer) != nil || len(answer.Errors) != 1 || s.asked.Load() != 1 {
		t.Errorf("after %d requests: %s", s.asked.Load(), got)
	}
}

func TestServe_answers_the_rest_when_a_subgraph_is_down(t *testing.T) {
	t.Parallel()
	s := &served{t: t}
	items := httptest.NewServer(says(200, `{"data":{"items":[{"__typename":"Item","id":"1","name":"one"},{"__typename":"Item","id":"2","name":"two"}]}}`))
	t.Cleanup(items.Close)
	s.start([]string{"--supergraph", supergraphOf(t, items.URL, "http://127.0.0.1:1")}) // where nobody listens
	for range 3 {
		if got := s.ask(itemsQuery); got != failed {
			t.Errorf("got %s", got)
		}
	}
}
