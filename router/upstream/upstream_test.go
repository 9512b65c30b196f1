package upstream_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"devportal.internal/router/upstream"
)

const answer = `{"data":{"a":1}}`

func jsonHandler(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// transports are the ways to one handler.
var transports = []string{"lean", "standard", "TLS", "HTTP/2", "in-process"}

func subgraphBy(t *testing.T, transport string, h http.Handler) upstream.Subgraph {
	t.Helper()
	if transport == "in-process" {
		return upstream.Subgraph{Handler: h}
	}
	if transport == "TLS" || transport == "HTTP/2" {
		return secureSubgraph(t, h, transport == "HTTP/2")
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return upstream.Subgraph{URL: server.URL + "/graphql", Standard: transport == "standard"}
}

// secureSubgraph serves over TLS, and checks that requests come in the protocol that it offers.
func secureSubgraph(t *testing.T, h http.Handler, http2 bool) upstream.Subgraph {
	t.Helper()
	major := 1
	if http2 {
		major = 2
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != major {
			t.Errorf("asked over %s", r.Proto)
		}
		h.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return upstream.Subgraph{URL: server.URL + "/graphql", TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
}

func newSet(t *testing.T, s upstream.Subgraph, c upstream.Config) *upstream.Set {
	t.Helper()
	c.Subgraphs = map[string]upstream.Subgraph{"s": s}
	set, err := upstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	return set
}

func query(body string) *upstream.Request {
	return &upstream.Request{Subgraph: "s", Kind: upstream.Query, Body: []byte(body)}
}

func reasonOf(err error) upstream.Reason {
	var e *upstream.Error
	if !errors.As(err, &e) {
		return upstream.Reason(fmt.Sprintf("not an *Error: %v", err))
	}
	return e.Reason
}

func TestDoOverEveryTransport(t *testing.T) {
	t.Parallel()
	large := `{"data":"` + strings.Repeat("x", 20_000) + `"}`
	cases := []struct {
		name    string
		handler http.HandlerFunc
		change  func(*upstream.Subgraph)
		want    string
		reason  upstream.Reason
	}{
		{name: "returns the body", handler: jsonHandler(200, answer), want: answer},
		{name: "returns a GraphQL answer whatever its status", handler: jsonHandler(400, `{"errors":[]}`), want: `{"errors":[]}`},
		{name: "returns a body that comes in chunks", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			for _, part := range []string{large[:9], large[9:10_000], large[10_000:]} {
				_, _ = io.WriteString(w, part)
				w.(http.Flusher).Flush()
			}
		}, want: large},
		{
			name: "refuses a body above the limit", handler: jsonHandler(200, large),
			change: func(s *upstream.Subgraph) { s.MaxResponseBytes = 10_000 }, reason: upstream.TooLarge,
		},
		{name: "refuses a page of HTML", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(502)
		}, reason: upstream.BadStatus},
		{
			name: "ends at the time limit", handler: func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			},
			change: func(s *upstream.Subgraph) { s.Timeout = 20 * time.Millisecond }, reason: upstream.TimedOut,
		},
	}
	for _, c := range cases {
		for _, transport := range transports {
			t.Run(c.name+"/"+transport, func(t *testing.T) {
				t.Parallel()
				s := subgraphBy(t, transport, c.handler)
				if c.change != nil {
					c.change(&s)
				}
				set := newSet(t, s, upstream.Config{})
				for range 2 {
					resp, err := set.Do(t.Context(), query(`{}`))
					if c.reason != "" {
						if got := reasonOf(err); got != c.reason {
							t.Errorf("reason %s, want %s", got, c.reason)
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if string(resp.Body) != c.want {
						t.Errorf("got %d bytes, want %d", len(resp.Body), len(c.want))
					}
					resp.Release()
				}
			})
		}
	}
}

func TestCancelEndsACall(t *testing.T) {
	t.Parallel()
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			arrived := make(chan struct{})
			set := newSet(t, subgraphBy(t, transport, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				close(arrived)
				<-r.Context().Done()
			})), upstream.Config{})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-arrived
				cancel()
			}()
			if _, err := set.Do(ctx, query(`{}`)); reasonOf(err) != upstream.Canceled {
				t.Error(err)
			}
		})
	}
}

func TestDo_tells_nothing_to_a_subgraph_that_cannot_prove_itself(t *testing.T) {
	t.Parallel()
	s := subgraphBy(t, "TLS", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	s.TLS = nil // its certificate is of nobody whom this machine trusts
	if _, err := newSet(t, s, upstream.Config{}).Do(t.Context(), query(`{}`)); reasonOf(err) != upstream.Unreachable {
		t.Error(err)
	}
}

func TestRetriesOnlyQueries(t *testing.T) {
	t.Parallel()
	for kind, want := range map[upstream.Kind]int32{upstream.Query: 3, upstream.Mutation: 1} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			s := subgraphBy(t, "lean", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				jsonHandler(503, `{}`)(w, r)
			}))
			s.Retries = 2
			req := query(`{}`)
			req.Kind = kind
			_, _ = newSet(t, s, upstream.Config{}).Do(t.Context(), req)
			if got := calls.Load(); got != want {
				t.Errorf("%d calls, want %d", got, want)
			}
		})
	}
}

func TestBreakerOpens(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	s := subgraphBy(t, "lean", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		jsonHandler(500, `{}`)(w, r)
	}))
	s.Breaker = 3
	set := newSet(t, s, upstream.Config{})
	var err error
	for range 5 {
		_, err = set.Do(t.Context(), query(`{}`))
	}
	if reasonOf(err) != upstream.Refused || calls.Load() != 3 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

type signer struct{ identity string }

func (s *signer) Sign(context.Context, string) (string, string, error) {
	return "Bearer " + s.identity, s.identity, nil
}

func TestHeadersPassOnlyWhenConfigured(t *testing.T) {
	t.Parallel()
	var got http.Header
	s := subgraphBy(t, "lean", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		jsonHandler(200, answer)(w, r)
	}))
	s.Forward = []string{"x-tenant", "Authorization", "Connection"}
	s.Headers = map[string]string{"X-Static": "1"}
	req := query(`{}`)
	req.Header = http.Header{"X-Tenant": {"a"}, "Authorization": {"Bearer client"}, "Cookie": {"c"}, "Connection": {"X-Tenant"}, "X-Other": {"o"}}
	if _, err := newSet(t, s, upstream.Config{Signer: &signer{"me"}}).Do(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if got.Get("X-Tenant") != "a" || got.Get("X-Static") != "1" || got.Get("Authorization") != "Bearer me" {
		t.Errorf("missing: %v", got)
	}
	for _, name := range []string{"Cookie", "Connection", "X-Other"} {
		if got.Get(name) != "" {
			t.Errorf("%s passed", name)
		}
	}
}

func TestDeduplicateSharesOneAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		hold := make(chan struct{})
		s := subgraphBy(t, "in-process", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			<-hold
			jsonHandler(200, answer)(w, r)
		}))
		set := newSet(t, s, upstream.Config{Deduplicate: true})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				resp, err := set.Do(t.Context(), query(`{"query":"{a}"}`))
				if err != nil || string(resp.Body) != answer {
					t.Error(err)
					return
				}
				resp.Release()
			})
		}
		synctest.Wait()
		close(hold)
		wg.Wait()
		if n := calls.Load(); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestDeduplicate_lets_who_began_leave_and_answers_the_others(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		reason upstream.Reason
		limit  func(context.Context) (context.Context, context.CancelFunc)
	}{
		"its client goes": {upstream.Canceled, context.WithCancel},
		"its deadline passes": {upstream.TimedOut, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hold := make(chan struct{})
				set := newSet(t, subgraphBy(t, "in-process", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-hold:
					case <-r.Context().Done():
						return
					}
					sent, _ := io.ReadAll(r.Body)
					jsonHandler(200, string(sent))(w, r)
				})), upstream.Config{Deduplicate: true})
				body := []byte(`{"query":"{a}"}`)
				first, leave := end.limit(t.Context())
				defer leave()
				sent := string(body)
				done := make(chan error)
				go func() {
					_, err := set.Do(first, &upstream.Request{Subgraph: "s", Kind: upstream.Query, Body: body})
					clear(body) // it belongs to the caller again
					done <- err
				}()
				synctest.Wait()
				var others sync.WaitGroup
				for range 2 {
					others.Go(func() {
						resp, err := set.Do(t.Context(), query(sent))
						if err != nil || string(resp.Body) != sent {
							t.Errorf("another one got %+v, %v", resp, err)
						}
						resp.Release()
					})
				}
				synctest.Wait()
				if end.reason == upstream.Canceled {
					leave()
				}
				if err := <-done; reasonOf(err) != end.reason {
					t.Errorf("got %v", err)
				}
				close(hold)
				others.Wait()
			})
		})
	}
}

func TestDeduplicate_lets_nobody_lead_who_has_gone_already(t *testing.T) {
	t.Parallel()
	s := subgraphBy(t, "lean", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the subgraph was asked")
	}))
	set := newSet(t, s, upstream.Config{Deduplicate: true})
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := set.Do(canceled, query(`{"query":"{a}"}`)); reasonOf(err) != upstream.Canceled {
		t.Errorf("got %v", err)
	}
}

func sseHandler(end string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, ":\n\nevent: next\ndata: {\"data\":{\"n\":%d}}\n\n", i)
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, end)
	}
}

func wsHandler(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.CloseNow() }()
		say := func(s string) { _ = conn.Write(r.Context(), websocket.MessageText, []byte(s)) }
		_, _, _ = conn.Read(r.Context())
		say(`{"type":"ping"}`)
		_, _, _ = conn.Read(r.Context())
		say(`{"type":"connection_ack"}`)
		_, _, _ = conn.Read(r.Context())
		for i := range 3 {
			say(fmt.Sprintf(`{"id":"1","type":"next","payload":{"data":{"n":%d}}}`, i))
		}
		say(`{"id":"1","type":"complete"}`)
		_, _, _ = conn.Read(r.Context())
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	complete := "event: complete\ndata:\n\n"
	cases := map[string]upstream.Subgraph{
		"server-sent events":            subgraphBy(t, "lean", sseHandler(complete)),
		"server-sent events in-process": {Handler: sseHandler(complete)},
	}
	ws := subgraphBy(t, "lean", wsHandler(t))
	ws.Streams = upstream.WebSocket
	cases["graphql-transport-ws"] = ws
	for name, s := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := newSet(t, s, upstream.Config{})
			stream, err := set.Subscribe(t.Context(), &upstream.Request{Subgraph: "s", Kind: upstream.Subscription, Body: []byte(`{}`)})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				event, err := stream.Next(t.Context())
				if want := fmt.Sprintf(`{"data":{"n":%d}}`, i); err != nil || string(event) != want {
					t.Fatalf("%s %v", event, err)
				}
			}
			if _, err := stream.Next(t.Context()); err != io.EOF {
				t.Errorf("ended with %v", err)
			}
			if err := stream.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSubscribeTellsABrokenStreamFromACompleteOne(t *testing.T) {
	t.Parallel()
	set := newSet(t, subgraphBy(t, "lean", sseHandler("")), upstream.Config{})
	stream, err := set.Subscribe(t.Context(), &upstream.Request{Subgraph: "s", Body: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for range 3 {
		if _, err := stream.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := stream.Next(t.Context()); reasonOf(err) != upstream.Unreachable {
		t.Error(err)
	}
}

func TestCloseEndsAStreamThatSaysNothing(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"lean", "in-process"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			set := newSet(t, subgraphBy(t, transport, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})), upstream.Config{})
			stream, err := set.Subscribe(t.Context(), &upstream.Request{Subgraph: "s", Body: []byte(`{}`)})
			if err != nil {
				t.Fatal(err)
			}
			if err := stream.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
