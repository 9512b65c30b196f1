package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"devportal.internal/router/internal/processor"
	"devportal.internal/router/transport/transporttest"
)

// targetSDL has what attacks need: a type within itself, lists with a size, arguments, a subscription, and what is hidden.
const targetSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible", "@listSize"])
type Query { loop: Loop secret: String @inaccessible number(of: Int): Int echo(of: Data): String }
type Mutation { change: Int }
type Subscription { ticks: Int }
type Loop { loop: Loop loops: [Loop] @listSize(assumedSize: 100) value(y: [Int]): Int hidden: String @inaccessible }
scalar Data
`

// canary is sent in places that a log must not repeat; see start.
const canary = "canary-8c1f5e"

// An attack is a row of the table of attacks: what is sent over every transport, and what must come of it.
type attack struct {
	name     string
	document string
	code     string // "" is an answer
}

func attacks() []attack {
	const levels = 30
	doubled := func(root, field string) string {
		text := "{" + root + "{...F0}}"
		for i := range levels {
			text += fmt.Sprintf("fragment F%d on Loop{%s}", i, strings.ReplaceAll(field, "NEXT", fmt.Sprintf("...F%d", i+1)))
		}
		return text + fmt.Sprintf("fragment F%d on Loop{value}", levels)
	}
	many := func(format string, times int) string {
		var text strings.Builder
		for i := range times {
			fmt.Fprintf(&text, format, i)
		}
		return text.String()
	}
	return []attack{
		{"1: nested reused fragments", doubled("loop", "NEXT NEXT"), "OPERATION_TOO_COMPLEX"},
		{"2: one field very often", "{loop{" + strings.Repeat("value ", 14_000) + "}}", ""},
		{"2: inline fragments very often", "{loop{" + strings.Repeat("...on Loop{value}", 2400) + "}}", ""},
		{"2: composite fields very often", "{loop{" + strings.Repeat("loop{value}", 2900) + "}}", ""},
		{"3: cost of fragments that fan out", doubled("loop", "a:loops{NEXT} b:loops{NEXT}"), "OPERATION_TOO_COMPLEX"},
		{"3: cost of nested lists", "{loop{" + strings.Repeat("loops{", 12) + "value" + strings.Repeat("}", 14), "OPERATION_TOO_EXPENSIVE"},
		{"4: fragment cycle", "{loop{...F}} fragment F on Loop{loop{...G}} fragment G on Loop{...F}", "GRAPHQL_VALIDATION_FAILED"},
		{"5: tokens", "{" + strings.Repeat("loop{value} ", 8000) + "}", "GRAPHQL_PARSE_FAILED"},
		{"5: unknown directives", "{loop{value " + strings.Repeat("@x ", 7000) + "}}", "OPERATION_TOO_COMPLEX"},
		{"5: unknown fragments", "{loop{" + strings.Repeat("...X ", 5000) + "}}", "GRAPHQL_VALIDATION_FAILED"},
		{"6: deep selections", "{" + strings.Repeat("loop{", 60) + "value" + strings.Repeat("}", 61), "OPERATION_TOO_COMPLEX"},
		{"6: deep lists", "{loop{value(y:" + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + ")}}", "GRAPHQL_PARSE_FAILED"},
		{"6: deep objects", "{echo(of:" + strings.Repeat("{a:", 4000) + "1" + strings.Repeat("}", 4000) + ")}", "GRAPHQL_PARSE_FAILED"},
		{"7: aliases", "{loop{" + many("a%d:value ", 1500) + "}}", "OPERATION_TOO_COMPLEX"},
		{"7: root fields", "{" + many("a%d:loop{value} ", 300) + "}", "OPERATION_TOO_COMPLEX"},
		{"8: circular introspection", "{__schema{types{fields{type{fields{type{fields{type{name}}}}}}}}}", "OPERATION_TOO_COMPLEX"},
		{"9: limits of a subscription", "subscription{" + strings.Repeat("ticks ", 8000) + "}", "OPERATION_TOO_COMPLEX"},
		{"12: subscription to nothing", "subscription{__typename}", "GRAPHQL_VALIDATION_FAILED"},
		{"12: subscription that is skipped", "subscription{ticks @skip(if:true)}", "GRAPHQL_VALIDATION_FAILED"},
		{"21: hidden field", "{secret}", "GRAPHQL_VALIDATION_FAILED"},
		{"22: hostile aliases", "{__proto__:__typename constructor:__typename toString:loop{__proto__:value}}", ""},
		{"35: huge integer", "{number(of:2147483648)}", "GRAPHQL_VALIDATION_FAILED"},
	}
}

// serveTarget serves a subgraph that answers everything alike, and subscriptions with no event.
func serveTarget(t *testing.T, arguments ...string) *served {
	t.Helper()
	folder := t.TempDir()
	answers := says(200, `{"data":{"loop":{"value":1},"toString":{"__proto__":1},"__proto__":{"polluted":true},"extra":"`+canary+`"},"extensions":{"secret":"`+canary+`"}}`)
	nothing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			saysNothing(w, r)
			return
		}
		answers(w, r)
	}))
	t.Cleanup(nothing.Close)
	write(t, folder, "target.graphql", targetSDL)
	config := write(t, folder, "supergraph.yaml", "subgraphs: {target: {routing_url: "+nothing.URL+", schema: {file: target.graphql}}}")
	out := filepath.Join(folder, "supergraph.graphql")
	if status, _, complaints := command(t, nil, "", "compose", "--config", config, "--out", out); status != 0 {
		t.Fatal(complaints)
	}
	s := &served{t: t}
	s.start(append([]string{"--supergraph", out, "--log-level", "debug"}, arguments...))
	return s
}

// processorTime is what the command has used so far, for itself and the kernel; 0 where the system does not tell.
func (s *served) processorTime() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // proc(5): the fields after the name, the third of all first
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func request(document string) string {
	text, _ := json.Marshal(map[string]any{"query": document})
	return string(text)
}

func TestServe_withstands_attacks_over_every_transport(t *testing.T) {
	s := serveTarget(t, "--max-batch", "3", "--limits-cost", "1000000")
	carriers := transporttest.Carriers(t, s.address, http.Header{"Apollo-Require-Preflight": {canary}})
	for _, carrier := range carriers {
		carrier.Send(t, request("{__typename}")) // what is set up once is no attack's
	}
	rest := s.peak()
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			before := s.processorTime()
			for _, carrier := range carriers {
				if carrier.Name == "GET" && len(url.QueryEscape(a.document)) > 60<<10 {
					continue // no URL is that long: the head is refused before
				}
				answer := carrier.Send(t, request(a.document)).Body
				if a.code != "" && !strings.Contains(answer, `"code":"`+a.code+`"`) || a.code == "" && strings.Contains(answer, `"errors"`) {
					t.Errorf("%s: want %q, got %.300s", carrier.Name, a.code, answer)
				}
				if errors := strings.Count(answer, `"message"`); errors > 5 {
					t.Errorf("%s: %d errors", carrier.Name, errors)
				}
				for _, leak := range []string{canary, "polluted", "hidden"} {
					if strings.Contains(answer, leak) && !strings.Contains(a.document, leak) {
						t.Errorf("%s: %s in %.300s", carrier.Name, leak, answer)
					}
				}
			}
			took := (s.processorTime() - before) / time.Duration(len(carriers))
			if took > processor.Allowed(50*time.Millisecond) {
				t.Errorf("took %v of processor time a transport", took)
			}
			t.Logf("%v of processor time a transport, at most %d MB so far", took, s.peak())
		})
	}
	if grown := s.peak() - rest; grown > 100*int(processor.Allowed(1)) {
		t.Errorf("the attacks took %d MB of memory", grown)
	}
}

// An exchange is one HTTP request that no client of GraphQL sends.
type exchange struct {
	method, path string
	header       http.Header
	body         string
	status       int
}

func TestServe_withstands_attacks_by_HTTP(t *testing.T) {
	s := serveTarget(t)
	base := strings.TrimSuffix(s.address, "/graphql")
	asJSON := func(more ...string) http.Header {
		header := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(more); i += 2 {
			header.Set(more[i], more[i+1])
		}
		return header
	}
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	_, _ = zip.Write(bytes.Repeat([]byte(" "), 100<<20))
	_ = zip.Close()
	query := request("{loop{value}}")
	change := "/graphql?query=" + url.QueryEscape("mutation{change}")
	ask := "/graphql?query=" + url.QueryEscape("{loop{value}}")
	nested := `{"query":"query($d:Data){echo(of:$d)}","variables":{"d":` + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000) + `}}`
	for name, e := range map[string]exchange{
		"13: a bomb of 100 MB in 100 KB":             {"POST", "/graphql", asJSON("Content-Encoding", "gzip"), bomb.String(), 413},
		"14: an exotic charset":                      {"POST", "/graphql", http.Header{"Content-Type": {"application/json; charset=utf-7"}}, query, 415},
		"14: UTF-16":                                 {"POST", "/graphql", http.Header{"Content-Type": {"application/json; charset=utf-16"}}, query, 415},
		"15: text/plain":                             {"POST", "/graphql", http.Header{"Content-Type": {"text/plain"}}, query, 415},
		"15: a form":                                 {"POST", "/graphql", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "query={loop{value}}", 415},
		"15: multipart":                              {"POST", "/graphql", http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}, "--x--", 415},
		"15: no Content-Type":                        {"POST", "/graphql", http.Header{}, query, 415},
		"15: a mutation by GET":                      {"GET", change, http.Header{}, "", 405},
		"15: GET as multipart/form-data":             {"GET", ask, http.Header{"Content-Type": {"multipart/form-data"}}, "", 415},
		"15: GET as text/plain":                      {"GET", ask, http.Header{"Content-Type": {"text/plain"}}, "", 415},
		"16: events for a page of another site":      {"POST", "/graphql", asJSON("Accept", "text/event-stream", "Origin", "https://evil.example"), query, 403},
		"35: an integer of 2^31":                     {"POST", "/graphql", asJSON(), `{"query":"query($n:Int){number(of:$n)}","variables":{"n":2147483648}}`, 200},
		"35: a number of 400,000 digits":             {"POST", "/graphql", asJSON(), `{"query":"query($n:Int){number(of:$n)}","variables":{"n":` + strings.Repeat("9", 400_000) + `}}`, 200},
		"35: 400,000 lists in one another":           {"POST", "/graphql", asJSON(), nested, 400},
		"36: a body of 3 MB":                         {"POST", "/graphql", asJSON(), strings.Repeat(" ", 3<<20) + query, 413},
		"37: a body that is no JSON is not repeated": {"POST", "/graphql", asJSON(), canary + strings.Repeat("x", 1<<20), 400},
		"37: a path that is not there":               {"GET", "/" + canary + "?token=" + canary, http.Header{}, "", 404},
		"37: a secret in the URL":                    {"GET", ask + "&api_key=" + canary, http.Header{}, "", 200},
	} {
		t.Run(name, func(t *testing.T) {
			before, peak := s.processorTime(), s.peak()
			r, err := http.NewRequestWithContext(t.Context(), e.method, base+e.path, strings.NewReader(e.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = e.header
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			answer, _ := io.ReadAll(resp.Body)
			refused := e.status >= 400 || strings.HasPrefix(name, "35")
			if resp.StatusCode != e.status || refused && bytes.Contains(answer, []byte(`"data"`)) || bytes.Contains(answer, []byte(canary)) || len(answer) > 4<<10 {
				t.Errorf("%d %.300s", resp.StatusCode, answer)
			}
			took := s.processorTime() - before
			if grown := s.peak() - peak; took > processor.Allowed(500*time.Millisecond) || grown > 40*int(processor.Allowed(1)) {
				t.Errorf("took %v of processor time and %d MB", took, grown)
			}
			t.Logf("%d, %v of processor time", resp.StatusCode, took)
		})
	}
}

func TestServe_withstands_attacks_by_connection(t *testing.T) {
	s := serveTarget(t, "--limits-init", "1s", "--limits-socket-operations", "20")
	host := strings.TrimPrefix(strings.TrimSuffix(s.address, "/graphql"), "http://")
	upgrade := "GET /graphql HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	for name, c := range map[string]struct {
		head, want string
		stays      bool // the connection may be used again
	}{
		"16: a websocket for a page of another site": {upgrade + "Sec-WebSocket-Protocol: graphql-transport-ws\r\nOrigin: https://evil.example\r\n\r\n", "HTTP/1.1 403", true},
		"24: both lengths":                           {"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400", false},
		"36: a head that is late":                    {"POST /graphql HTTP/1.1\r\nHost: x\r\n", "", false},
		"36: a body that is late":                    {"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 408", false},
		"36: an init that is late":                   {upgrade + "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", "HTTP/1.1 101", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(transporttest.Patience))
			_, _ = io.WriteString(conn, c.head)
			read := io.ReadAll
			if c.stays {
				read = func(r io.Reader) ([]byte, error) { return bufio.NewReader(r).ReadBytes('\n') }
			}
			got, err := read(conn)
			if err != nil || !strings.HasPrefix(string(got), c.want) || strings.Count(string(got), "HTTP/1.1") > 1 {
				t.Errorf("%v, %.300s", err, got)
			}
		})
	}
	for name, c := range map[string]struct {
		subprotocol string
		messages    []string
		code        websocket.StatusCode
	}{
		"an unknown subprotocol":       {"chat", nil, 4406},
		"11: legacy start before init": {"graphql-ws", []string{`{"type":"start","id":"1","payload":{"query":"{loop{value}}"}}`}, 4401},
		"11: subscribe before init":    {"graphql-transport-ws", []string{`{"type":"subscribe","id":"1","payload":{"query":"{loop{value}}"}}`}, 4401},
		"36: no JSON":                  {"graphql-transport-ws", []string{canary}, 4400},
		"36: a huge frame":             {"graphql-transport-ws", []string{strings.Repeat(" ", 3<<20)}, websocket.StatusMessageTooBig},
		"init twice":                   {"graphql-transport-ws", []string{`{"type":"connection_init"}`, `{"type":"connection_init"}`}, 4429},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), transporttest.Patience)
			defer cancel()
			conn, _, err := websocket.Dial(ctx, s.address, &websocket.DialOptions{Subprotocols: []string{c.subprotocol}})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow() //nolint:errcheck // it is closed already
			for _, message := range c.messages {
				if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
					break
				}
			}
			for {
				if _, _, err = conn.Read(ctx); err != nil {
					break
				}
			}
			if got := websocket.CloseStatus(err); got != c.code {
				t.Errorf("closed with %d: %v", got, err)
			}
		})
	}
	t.Run("10: operations on a socket", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), transporttest.Patience)
		defer cancel()
		conn, _, err := websocket.Dial(ctx, s.address, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow() //nolint:errcheck // nothing is awaited
		_ = conn.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init"}`))
		for i := range 21 {
			text := fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":{"query":"subscription{ticks}"}}`, i)
			if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		for {
			_, text, err := conn.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "TOO_MANY") {
				break
			}
		}
	})
}
