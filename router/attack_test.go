package router_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"devportal.internal/router"
	"devportal.internal/router/internal/processor"
	"devportal.internal/router/transport"
	"devportal.internal/router/transport/transporttest"
)

// attack is a document that must be refused with a code, or answered, at little cost.
type attack struct {
	name     string
	document string
	code     string // "" is an answer
}

func attacks() []attack {
	doubled := "{loop{...F0}}"
	for i := range 30 {
		doubled += fmt.Sprintf("fragment F%d on Loop{...F%d ...F%d}", i, i+1, i+1)
	}
	doubled += "fragment F30 on Loop{value}"
	return []attack{
		{"1: nested reused fragments", doubled, "OPERATION_TOO_COMPLEX"},
		{"2: one field very often", "{loop{" + strings.Repeat("value ", 7000) + "}}", ""},
		{"2: one composite field very often", "{loop{" + strings.Repeat("loop{value}", 2900) + "}}", ""},
		{"2: inline fragments very often", "{loop{" + strings.Repeat("...on Loop{value}", 2400) + "}}", ""},
		{"2: long arguments very often", "{loop{" + strings.Repeat("value(y:[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30])", 380) + "}}", ""},
		{"4: fragment cycle", "{loop{...F}} fragment F on Loop{loop{...G}} fragment G on Loop{...F}", "GRAPHQL_VALIDATION_FAILED"},
		{"5: tokens", "{" + strings.Repeat("loop{value} ", 8000) + "}", "GRAPHQL_PARSE_FAILED"},
		{"5: unknown directives", "{loop{value " + strings.Repeat("@x ", 7000) + "}}", "OPERATION_TOO_COMPLEX"},
		{"5: unknown fragments", "{loop{" + strings.Repeat("...X ", 5000) + "}}", "GRAPHQL_VALIDATION_FAILED"},
		{"6: deep selections", "{" + strings.Repeat("loop{", 60) + "value" + strings.Repeat("}", 61), "OPERATION_TOO_COMPLEX"},
		{"6: very deep selections", "{" + strings.Repeat("loop{", 5000) + "value" + strings.Repeat("}", 5001), "GRAPHQL_PARSE_FAILED"},
		{"6: deep lists", "{loop{value(y:" + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + ")}}", "GRAPHQL_PARSE_FAILED"},
		{"7: aliases", "{loop{" + many("a%d:value ", 1500) + "}}", "OPERATION_TOO_COMPLEX"},
		{"7: root fields", "{" + many("a%d:loop{value} ", 300) + "}", "OPERATION_TOO_COMPLEX"},
		{"7: root fields by fragments", "{" + strings.Repeat("...F ", 30) + "} fragment F on Query{" + many("a%d:loop{value} ", 10) + "}", "OPERATION_TOO_COMPLEX"},
		{"8: circular introspection", "{__schema{types{fields{type{fields{type{fields{type{name}}}}}}}}}", "OPERATION_TOO_COMPLEX"},
		{"12: subscription to nothing", "subscription{__typename}", "GRAPHQL_VALIDATION_FAILED"},
		{"21: a hidden field", "{secret}", "GRAPHQL_VALIDATION_FAILED"},
		{"22: hostile aliases", "{__proto__:__typename constructor:__typename toString:loop{__proto__:value}}", ""},
	}
}

func many(format string, times int) string {
	var text strings.Builder
	for i := range times {
		fmt.Fprintf(&text, format, i)
	}
	return text.String()
}

func TestAttacks_fail_on_every_transport(t *testing.T) {
	s := newShop(t, func(o *router.Options) { o.MaxBatch = 2 })
	for _, carrier := range transporttest.Carriers(t, s.serve(t), nil) {
		for _, a := range attacks() {
			t.Run(carrier.Name+"/"+a.name, func(t *testing.T) {
				if carrier.Name == "GET" && len(url.QueryEscape(a.document)) > 60<<10 {
					return // no URL is that long: the head is refused before
				}
				before := processor.Time()
				answer := carrier.Send(t, post(a.document)).Body
				took := processor.Time() - before
				if a.code != "" && !strings.Contains(answer, `"code":"`+a.code+`"`) || a.code == "" && strings.Contains(answer, `"errors"`) {
					t.Errorf("want %q, got %.300s", a.code, answer)
				}
				if errors := strings.Count(answer, `"message"`); errors > 5 {
					t.Errorf("%d errors", errors)
				}
				if took > processor.Allowed(500*time.Millisecond) {
					t.Errorf("took %v of processor time", took)
				}
				t.Logf("%v of processor time", took)
			})
		}
	}
}

func TestAttack_21_error_texts_name_nothing_hidden(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, document := range []string{"{secre}", "{secret}", `{product(id:"1"){hidde}}`, `{__type(name:"Product"){fields{name}}}`, "{__schema{queryType{fields{name}}}}"} {
		answer := s.ask(t, document, "")
		asked := strings.ReplaceAll(strings.ReplaceAll(answer, `\"secret\"`, ""), `\"hidden\"`, "")
		if strings.Contains(asked, "hidden") || strings.Contains(asked, "secret") {
			t.Errorf("%s: %s", document, answer)
		}
	}
}

func TestAttack_22_what_a_subgraph_adds_does_not_get_out(t *testing.T) {
	t.Parallel()
	hostile := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		fmt.Fprint(w, `{"data":{"__proto__":{"x":1},"product":{"name":"n","extra":"leak","__proto__":{"y":2}}},"extra":"leak","extensions":{"secret":"leak"}}`)
	})
	s := newShop(t, func(o *router.Options) {
		sub := o.Subgraphs["products"]
		sub.Handler = hostile
		o.Subgraphs["products"] = sub
	})
	if got := s.ask(t, `{product(id:"1"){name}}`, ""); got != `{"data":{"product":{"name":"n"}}}` {
		t.Error(got)
	}
}

func TestAttack_24_headers_do_not_reach_subgraphs(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.serve(t), strings.NewReader(post(`{product(id:"1"){name}}`)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": jsonType, "Authorization": "Bearer client", "Cookie": "session=1", "X-User": "admin",
		"Connection": "keep-alive, X-Hop", "X-Hop": "1", "X-Forwarded-User": "admin", "Te": "trailers",
	} {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	for _, header := range s.products.headers {
		for _, name := range []string{"Authorization", "Cookie", "X-User", "X-Hop", "X-Forwarded-User", "Te", "Connection"} {
			if header.Get(name) != "" {
				t.Errorf("the subgraph got %s: %s", name, header.Get(name))
			}
		}
	}
}

func TestAttack_36_slow_clients_are_cut_off(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.Limits.Transport = transport.Limits{BodyTime: 300 * time.Millisecond, Init: 300 * time.Millisecond}
	})
	endpoint := s.serve(t)
	host := strings.TrimSuffix(strings.TrimPrefix(endpoint, "http://"), "/graphql")
	for name, head := range map[string]string{
		"a slow body":      "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		"a slow websocket": "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, head); err != nil {
				t.Fatal(err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(patience))
			if _, err := io.ReadAll(conn); err != nil {
				t.Errorf("not cut off: %v", err)
			}
		})
	}
}

func TestAttack_36_a_slow_reader_is_ended_and_others_are_not(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.Limits.LiveQueue = 64 << 10
		o.Limits.Transport.Write = time.Second
	})
	endpoint := s.serve(t)
	document := `subscription{productChanged{cursor product{name}}}`
	slow, fast := connect(t, endpoint, modern), connect(t, endpoint, modern)
	for _, c := range []*client{slow, fast} {
		c.send(`{"type":"subscribe","id":"s","payload":` + post(document) + `}`)
	}
	waitFor(t, func() bool { return s.Stats().Subscribers == 2 })
	name := strings.Repeat("x", 32<<10)
	for i := range 400 {
		s.events <- map[string]any{"cursor": fmt.Sprint(i), "product": map[string]any{"name": name}}
		text, err := fast.read()
		if err != nil || !strings.Contains(text, fmt.Sprintf(`"cursor":"%d"`, i)) {
			t.Fatalf("event %d: %.100s, %v", i, text, err)
		}
	}
	waitFor(t, func() bool { return s.Stats().Subscribers == 1 })
	last := -1
	for {
		text, err := slow.read()
		if err != nil {
			return // its writes made no progress: the connection is gone
		}
		if strings.Contains(text, "SLOW_READER") {
			if !strings.Contains(text, fmt.Sprintf(`"cursor":"%d"`, last)) {
				t.Errorf("after event %d: %s", last, text)
			}
			return
		}
		var message struct {
			Payload struct {
				Data struct {
					ProductChanged struct {
						Cursor int `json:",string"`
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &message); err != nil {
			t.Fatal(err)
		}
		if last++; message.Payload.Data.ProductChanged.Cursor != last {
			t.Fatalf("got event %d, want %d", message.Payload.Data.ProductChanged.Cursor, last)
		}
	}
}

// carriers send a document over each transport and return the response map that comes back first.
func carriers(t *testing.T, endpoint string) map[string]func(document string) string {
	t.Helper()
	all := map[string]func(string) string{}
	for _, carrier := range transporttest.Carriers(t, endpoint, nil) {
		if carrier.Name != "a batch" {
			all[carrier.Name] = func(document string) string { return carrier.Send(t, post(document)).Body }
		}
	}
	return all
}
