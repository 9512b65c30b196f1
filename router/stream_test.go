package router_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"devportal.internal/router"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
)

// open sends a request whose response is a stream.
func open(t *testing.T, endpoint, accept, document string, header map[string]string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(post(document)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", jsonType)
	r.Header.Set("Accept", accept)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if media, _, _ := strings.Cut(accept, ";"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), media) {
		body, _ := io.ReadAll(resp.Body)
		t.Fatalf("got %d %s: %s", resp.StatusCode, resp.Header.Get("Content-Type"), body)
	}
	return bufio.NewReader(resp.Body)
}

// expectText reads exactly what is wanted.
func expectText(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if string(got[:n]) != want {
		t.Fatalf("got %q, %v; want %q", got[:n], err, want)
	}
}

func TestEvents_carry_operations_of_every_kind(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) { o.Limits.Transport.Ping = 50 * time.Millisecond })
	endpoint := s.serve(t)
	t.Run("a query", func(t *testing.T) {
		r := open(t, endpoint, "text/event-stream", "{__typename}", nil)
		expectText(t, r, "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata: \n\n")
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			t.Errorf("got %q, %v", rest, err)
		}
	})
	t.Run("an invalid document", func(t *testing.T) {
		exchange{
			method: "POST", header: map[string]string{"Content-Type": jsonType, "Accept": "text/event-stream"},
			body: post("{x}"), status: 400, code: "GRAPHQL_VALIDATION_FAILED", content: graphqlType,
		}.run(t, endpoint)
	})
	t.Run("a subscription", func(t *testing.T) {
		r := open(t, endpoint, "text/event-stream", "subscription{productChanged{cursor product{id}}}", nil)
		expectText(t, r, ":\n\n:\n\n")
		s.events <- map[string]any{"cursor": "c1", "product": map[string]any{"id": "5"}}
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if line == "id: c1\n" {
				break
			}
		}
		expectText(t, r, "event: next\ndata: {\"data\":{\"productChanged\":{\"cursor\":\"c1\",\"product\":{\"id\":\"5\"}}}}\n\n")
		close(s.events)
	})
}

func TestEvents_resume_after_the_last_event(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	endpoint := s.serve(t)
	resume := map[string]string{"Last-Event-ID": "c41"}
	r := open(t, endpoint, "text/event-stream", "subscription{productChanged{product{id}}}", resume)
	s.events <- map[string]any{"cursor": "c42", "product": map[string]any{"id": "1"}}
	expectText(t, r, "id: c42\nevent: next\ndata: {\"data\":{\"productChanged\":{\"product\":{\"id\":\"1\"}}}}\n\n")
	if got := s.products.variables(0)["_after"]; got != "c41" {
		t.Errorf("upstream was asked to go on after %v", got)
	}
	exchange{
		method: "POST", header: map[string]string{"Content-Type": jsonType, "Accept": "text/event-stream", "Last-Event-ID": "c41"},
		body: post("subscription{ticks}"), status: 400, code: "NOT_RESUMABLE",
	}.run(t, endpoint)
}

func TestEvents_carry_several_operations_over_one_reserved_connection(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	endpoint := s.serve(t)
	put := func() string {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, endpoint, nil)
		resp, err := http.DefaultClient.Do(r)
		if err != nil || resp.StatusCode != http.StatusCreated {
			t.Fatal(resp, err)
		}
		defer resp.Body.Close()
		token, _ := io.ReadAll(resp.Body)
		return string(token)
	}
	token := map[string]string{"X-GraphQL-Event-Stream-Token": put(), "Content-Type": jsonType}
	ask := func(id, document string, status int) {
		t.Helper()
		body, _ := json.Marshal(map[string]any{"query": document, "extensions": map[string]string{"operationId": id}})
		exchange{method: "POST", header: token, body: string(body), status: status, code: map[int]string{404: "BAD_REQUEST", 409: "BAD_REQUEST"}[status]}.run(t, endpoint)
	}
	ask("early", "{__typename}", 409)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"?token="+token["X-GraphQL-Event-Stream-Token"], nil)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	defer resp.Body.Close()
	stream := bufio.NewReader(resp.Body)
	expectText(t, stream, ":\n\n")
	exchange{method: "GET", target: "?token=" + token["X-GraphQL-Event-Stream-Token"], header: map[string]string{"Accept": "text/event-stream"}, status: 409, code: "BAD_REQUEST"}.run(t, endpoint)
	ask("s", "subscription{ticks}", 202)
	ask("s", "subscription{ticks}", 409)
	s.events <- 1
	expectText(t, stream, "event: next\ndata: {\"id\":\"s\",\"payload\":{\"data\":{\"ticks\":1}}}\n\n")
	ask("q", "{__typename}", 202)
	expectText(t, stream, "event: next\ndata: {\"id\":\"q\",\"payload\":{\"data\":{\"__typename\":\"Query\"}}}\n\nevent: complete\ndata: {\"id\":\"q\"}\n\n")
	exchange{method: "POST", header: token, body: `{"query":"{x}","extensions":{"operationId":"bad"}}`, status: 400, code: "GRAPHQL_VALIDATION_FAILED"}.run(t, endpoint)
	exchange{method: "DELETE", target: "?operationId=s", header: token, status: 200}.run(t, endpoint)
	<-s.left
	cancel()
	waitFor(t, func() bool { return s.Stats().Streams == 0 })
	ask("late", "{__typename}", 404)
}

func TestMultipart_carries_subscriptions(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) { o.Limits.Transport.Ping = 50 * time.Millisecond })
	r := open(t, s.serve(t), `multipart/mixed;subscriptionSpec="1.0", application/json`, "subscription{ticks}", nil)
	part := "\r\n--graphql\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
	expectText(t, r, part+"{}\r\n")
	s.events <- 3
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, `{"payload"`) {
			if line != `{"payload":{"data":{"ticks":3}}}`+"\r\n" {
				t.Error(line)
			}
			break
		}
	}
	close(s.events)
	rest, err := io.ReadAll(r)
	if err != nil || !strings.HasSuffix(string(rest), "--graphql--\r\n") {
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestMultipart_delivers_deferred_parts(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	r := open(t, s.serve(t), `multipart/mixed;deferSpec=20220824, application/json`,
		`{product(id:"1"){name ...@defer(label:"later"){reviews{text}}}}`, nil)
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"data":{"product":{"name":"product 1"}},"hasNext":true}`,
		`{"incremental":[{"data":{"reviews":[{"text":"good 1"}]},"path":["product"],"label":"later"}],"hasNext":false}`,
		"\r\n-----\r\n",
	} {
		if !strings.Contains(string(all), want) {
			t.Errorf("no %s in %s", want, all)
		}
	}
}

func TestStreams_end_with_a_code_when_the_token_expires(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.Authenticate = func(ctx context.Context, _ *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			return ctx, transport.Caller{Identity: "x", Expires: time.Now().Add(2 * time.Second)}, nil
		}
	})
	r := open(t, s.serve(t), "text/event-stream", "subscription{ticks}", nil)
	all, err := io.ReadAll(r)
	if err != nil || !strings.Contains(string(all), "TOKEN_EXPIRED") || !strings.HasSuffix(string(all), "event: complete\ndata: \n\n") {
		t.Errorf("got %q, %v", all, err)
	}
}

func TestStreams_break_off_at_the_shutdown_so_that_clients_come_back(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	r := open(t, s.serve(t), "text/event-stream", "subscription{ticks}", nil)
	s.events <- 1
	expectText(t, r, "event: next\ndata: {\"data\":{\"ticks\":1}}\n\n")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if rest, _ := io.ReadAll(r); strings.Contains(string(rest), "complete") {
		t.Errorf("the stream was completed: %q", rest)
	}
}

func TestLive_operations_share_one_upstream_only_with_equal_rights(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.Authenticate = func(ctx context.Context, r *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			return ctx, transport.Caller{Identity: r.Header.Get("Authorization")}, nil
		}
	})
	endpoint := s.serve(t)
	upstreams := func(document string, identities ...string) int {
		before := len(s.products.asked())
		for _, identity := range identities {
			open(t, endpoint, "text/event-stream", document, map[string]string{"Authorization": identity})
		}
		deadline := time.Now().Add(patience)
		for len(s.products.asked()) == before && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		return len(s.products.asked()) - before
	}
	if got := upstreams("subscription{a:ticks}", "x", "x", "x"); got != 1 {
		t.Errorf("three equal subscriptions made %d upstream", got)
	}
	upstreams("subscription{b:ticks}", "x")
	if got := upstreams("subscription{b:ticks}", "y"); got != 1 {
		t.Errorf("attack 23: another caller's subscription made %d upstream", got)
	}
	s.Revoke(func(identity string) bool { return identity == "y" })
	if stats := s.Stats(); stats.LiveOperations != 2 {
		t.Errorf("after y's rights were revoked: %+v", stats)
	}
	if got := upstreams("subscription{b:ticks}", "y"); got != 1 {
		t.Errorf("asking again made %d upstream", got)
	}
	if stats := s.Stats(); stats.LiveOperations != 3 || stats.Streams < 5 {
		t.Errorf("got %+v", stats)
	}
}

func TestLive_operations_end_upstream_within_a_second_of_their_last_client(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the clock moves only when nothing else does: a second is a second
		s := newShop(t, nil)
		var leaving []context.CancelFunc
		var clients sync.WaitGroup
		for range 2 {
			ctx, leave := context.WithCancel(t.Context())
			leaving = append(leaving, leave)
			clients.Go(func() {
				r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(post("subscription{ticks}")))
				r.Header.Set("Content-Type", jsonType)
				r.Header.Set("Accept", "text/event-stream")
				s.ServeHTTP(httptest.NewRecorder(), r)
			})
		}
		synctest.Wait()
		leaving[0]()
		time.Sleep(2 * time.Second)
		if stats := s.Stats(); stats.LiveOperations != 1 || len(s.left) != 0 {
			t.Fatalf("one is left, and upstream ended: %+v", stats)
		}
		leaving[1]()
		began := time.Now()
		<-s.left // no event ever came
		if took := time.Since(began); took > time.Second {
			t.Errorf("upstream ended after %v", took)
		}
		clients.Wait()
	})
}

func TestLive_operations_resume_upstream_without_the_client_noticing(t *testing.T) {
	t.Parallel()
	var products *httptest.Server
	s := newShop(t, func(o *router.Options) {
		products = httptest.NewServer(o.Subgraphs["products"].Handler)
		o.Subgraphs["products"] = upstream.Subgraph{URL: products.URL}
	})
	t.Cleanup(products.Close)
	c := connect(t, s.serve(t), modern)
	c.send(`{"type":"subscribe","id":"s","payload":{"query":"subscription{productChanged{product{id}}}"}}`)
	for _, cursor := range []string{"c1", "c2"} {
		s.events <- map[string]any{"cursor": cursor, "product": map[string]any{"id": cursor}}
		c.expect(`{"type":"next","id":"s","payload":{"data":{"productChanged":{"product":{"id":"` + cursor + `"}}}}}`)
		s.events <- breakOff
	}
	s.events <- map[string]any{"cursor": "c3", "product": nil}
	c.expect(`{"type":"next","id":"s","payload":{"data":{"productChanged":{"product":null}}}}`)
	if s.products.variables(1)["_after"] != "c1" || s.products.variables(2)["_after"] != "c2" {
		t.Errorf("went on after %v and %v", s.products.variables(1), s.products.variables(2))
	}
	c.send(`{"type":"subscribe","id":"lost","payload":{"query":"subscription{ticks}"}}`)
	c.send(`{"type":"complete","id":"s"}`)
	waitFor(t, func() bool { return len(s.products.asked()) == 4 && s.Stats().LiveOperations == 1 })
	s.events <- breakOff
	c.expectError("lost", "SUBSCRIPTION_LOST")
}

// restarted is a subgraph behind an address that it may be taken away from.
func restarted(t *testing.T, handler http.Handler, address string) *httptest.Server {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(func() { _ = server.Config.Close() })
	return server
}

func TestLive_operations_lose_nothing_before_their_first_event(t *testing.T) {
	t.Parallel()
	var products *httptest.Server
	var handler http.Handler
	s := newShop(t, func(o *router.Options) {
		handler = o.Subgraphs["products"].Handler
		products = restarted(t, handler, "127.0.0.1:0")
		o.Subgraphs["products"] = upstream.Subgraph{URL: products.URL}
		o.Supergraph = composed(t, map[string]string{
			"products": strings.Replace(strings.Replace(productsSDL, "@resumable  ticks", "@resumable(start: \"place\")  ticks", 1), "type Query {", "type Query { place: String ", 1),
			"reviews":  reviewsSDL,
		})
	})
	s.products.root["place"] = "c7"
	c := connect(t, s.serve(t), modern)
	c.send(`{"type":"subscribe","id":"s","payload":{"query":"subscription{productChanged{product{id}}}"}}`)
	waitFor(t, func() bool { return len(s.products.asked()) == 2 })
	address := products.Listener.Addr().String()
	_ = products.Config.Close() // and its streams with it
	restarted(t, handler, address)
	s.events <- map[string]any{"cursor": "c8", "product": map[string]any{"id": "1"}}
	c.expect(`{"type":"next","id":"s","payload":{"data":{"productChanged":{"product":{"id":"1"}}}}}`)
	for i := 1; i < len(s.products.asked()); i++ {
		if s.products.variables(i)["_after"] != "c7" {
			t.Errorf("went on after %v", s.products.variables(i))
		}
	}
}

func TestLive_operations_share_what_came_after_a_cursor(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	endpoint := s.serve(t)
	first := connect(t, endpoint, modern)
	first.send(`{"type":"subscribe","id":"s","payload":{"query":"subscription($a:String){productChanged(after:$a){cursor}}","variables":{"a":"c0"}}}`)
	for _, cursor := range []string{"c1", "c2", "c3"} {
		s.events <- map[string]any{"cursor": cursor}
		first.expect(`{"type":"next","id":"s","payload":{"data":{"productChanged":{"cursor":"` + cursor + `"}}}}`)
	}
	for from, want := range map[string][]string{"c0": {"c1", "c2", "c3"}, "c2": {"c3"}, "c3": nil} {
		c := connect(t, endpoint, modern)
		c.send(`{"type":"subscribe","id":"s","payload":{"query":"subscription($a:String){productChanged(after:$a){cursor}}","variables":{"a":"` + from + `"}}}`)
		for _, cursor := range want {
			c.expect(`{"type":"next","id":"s","payload":{"data":{"productChanged":{"cursor":"` + cursor + `"}}}}`)
		}
	}
	waitFor(t, func() bool { return s.Stats().Subscribers == 4 })
	if stats := s.Stats(); stats.LiveOperations != 1 || len(s.products.asked()) != 1 {
		t.Errorf("those who came back went upstream: %+v", stats)
	}
}

func TestLive_operations_survive_another_supergraph(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	endpoint := s.serve(t)
	c := connect(t, endpoint, modern)
	c.send(`{"type":"subscribe","id":"kept","payload":{"query":"subscription{productChanged{product{id reviews{text}}}}"}}`)
	s.events <- map[string]any{"product": map[string]any{"id": "1"}}
	c.expect(`{"type":"next","id":"kept","payload":{"data":{"productChanged":{"product":{"id":"1","reviews":[{"text":"good 1"}]}}}}}`)
	c.send(`{"type":"subscribe","id":"gone","payload":{"query":"subscription{ticks}"}}`)
	waitFor(t, func() bool { return s.Stats().LiveOperations == 2 && len(s.products.asked()) == 2 })
	next := composed(t, map[string]string{"products": strings.ReplaceAll(productsSDL, "ticks: Int", ""), "reviews": reviewsSDL})
	if err := s.Reload(next); err != nil {
		t.Fatal(err)
	}
	c.expectError("gone", "GRAPHQL_VALIDATION_FAILED")
	s.events <- map[string]any{"product": map[string]any{"id": "2"}}
	c.expect(`{"type":"next","id":"kept","payload":{"data":{"productChanged":{"product":{"id":"2","reviews":[{"text":"good 2"}]}}}}}`)
	if asked := s.products.asked(); len(asked) != 2 {
		t.Errorf("the stream that was kept was opened anew: %v", asked)
	}
}

// waitFor waits until something that happens elsewhere has happened.
func waitFor(t *testing.T, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}
