package router_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"devportal.internal/router"
	"devportal.internal/router/transport"
)

// client is a websocket of a test.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, endpoint, subprotocol string, header http.Header) *client {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), endpoint, &websocket.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t, conn}
}

// connect dials and goes through the init.
func connect(t *testing.T, endpoint, subprotocol string) *client {
	t.Helper()
	c := dial(t, endpoint, subprotocol, nil)
	c.send(`{"type":"connection_init"}`)
	c.expect(`{"type":"connection_ack"}`)
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read() (string, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		_, text, err := c.conn.Read(ctx)
		if err != nil || string(text) != `{"type":"ka"}` {
			return string(text), err
		}
	}
}

func (c *client) expect(want ...string) {
	c.t.Helper()
	for _, message := range want {
		text, err := c.read()
		if err != nil || text != message {
			c.t.Fatalf("got %s, %v; want %s", text, err, message)
		}
	}
}

func (c *client) expectError(id, code string) {
	c.t.Helper()
	text, err := c.read()
	if err != nil || !strings.Contains(text, `"type":"error"`) || !strings.Contains(text, `"id":"`+id+`"`) || !strings.Contains(text, code) {
		c.t.Fatalf("got %s, %v; want an error %s for %s", text, err, code, id)
	}
}

func (c *client) expectClose(code int) {
	c.t.Helper()
	text, err := c.read()
	var closed websocket.CloseError
	if !errors.As(err, &closed) || int(closed.Code) != code {
		c.t.Fatalf("got %q, %v; want close code %d", text, err, code)
	}
}

const (
	modern = "graphql-transport-ws"
	legacy = "graphql-ws"
)

func TestSocket_closes_with_the_codes_of_the_protocols(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.Limits.Transport = transport.Limits{Init: patience, Body: 100_000}
		o.Authenticate = func(ctx context.Context, _ *http.Request, init json.RawMessage) (context.Context, transport.Caller, error) {
			if strings.Contains(string(init), "wrong") {
				return nil, transport.Caller{}, errors.New("wrong token")
			}
			return ctx, transport.Caller{}, nil
		}
	})
	endpoint := s.serve(t)
	for _, c := range []struct {
		name        string
		subprotocol string
		messages    []string
		code        int
	}{
		{"no acceptable subprotocol", "other", nil, 4406},
		{"no subprotocol", "", nil, 4406},
		{"subscribe before the init", modern, []string{`{"type":"subscribe","id":"1","payload":{"query":"{__typename}"}}`}, 4401},
		{"attack 11: start before the init", legacy, []string{`{"type":"start","id":"1","payload":{"query":"{__typename}"}}`}, 4401},
		{"no JSON", modern, []string{`nonsense`}, 4400},
		{"no type", modern, []string{`{"id":"1"}`}, 4400},
		{"an unknown type", modern, []string{`{"type":"start"}`}, 4400},
		{"an unknown type, legacy", legacy, []string{`{"type":"subscribe"}`}, 4400},
		{"a payload that is no object", modern, []string{`{"type":"connection_init","payload":1}`}, 4400},
		{"a payload nested deeply", modern, []string{`{"type":"connection_init","payload":{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}}`}, 4400},
		{"a type that is a number", modern, []string{`{"type":1}`}, 4400},
		{"an empty type", modern, []string{`{"type":""}`}, 4400},
		{"forbidden", modern, []string{`{"type":"connection_init","payload":{"token":"wrong"}}`}, 4403},
		{"attack 36: a huge message", modern, []string{`{"type":"connection_init","payload":{"x":"` + strings.Repeat("x", 100_000) + `"}}`}, 1009}, // little more than is read: what is left unread resets the connection
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			socket := dial(t, endpoint, c.subprotocol, nil)
			for _, message := range c.messages {
				socket.send(message)
			}
			socket.expectClose(c.code)
		})
	}
	for _, c := range []struct {
		name, subprotocol string
		messages          []string
		code              int
	}{
		{"a second init", modern, []string{`{"type":"connection_init"}`}, 4429},
		{"a second init, legacy", legacy, []string{`{"type":"connection_init"}`}, 4429},
		{"a duplicate id", modern, []string{`{"type":"subscribe","id":"1","payload":{"query":"subscription{ticks}"}}`, `{"type":"subscribe","id":"1","payload":{"query":"subscription{ticks}"}}`}, 4409},
		{"a duplicate id, legacy", legacy, []string{`{"type":"start","id":"1","payload":{"query":"subscription{ticks}"}}`, `{"type":"start","id":"1","payload":{"query":"subscription{ticks}"}}`}, 4409},
		{"a subscription without an id", modern, []string{`{"type":"subscribe","payload":{"query":"{__typename}"}}`}, 4400},
		{"a document that is no UTF-8", modern, []string{"{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":\"{__typename}#\xff\"}}"}, 1007},
		{"a query that is a number", modern, []string{`{"type":"subscribe","id":"1","payload":{"query":1}}`}, 4400},
		{"a long id", modern, []string{`{"type":"subscribe","id":"` + strings.Repeat("x", 300) + `","payload":{"query":"{__typename}"}}`}, 4400},
		{"the legacy goodbye", legacy, []string{`{"type":"connection_terminate"}`}, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			socket := connect(t, endpoint, c.subprotocol)
			for _, message := range c.messages {
				socket.send(message)
			}
			socket.expectClose(c.code)
		})
	}
	t.Run("a binary message", func(t *testing.T) {
		t.Parallel()
		socket := dial(t, endpoint, modern, nil)
		if err := socket.conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"connection_init"}`)); err != nil {
			t.Fatal(err)
		}
		socket.expectClose(4400)
	})
}

func TestSocket_closes_where_no_init_comes_in_time(t *testing.T) {
	t.Parallel()
	endpoint := newShop(t, func(o *router.Options) {
		o.Limits.Transport = transport.Limits{Init: 100 * time.Millisecond}
	}).serve(t)
	for _, subprotocol := range []string{modern, legacy} {
		dial(t, endpoint, subprotocol, nil).expectClose(4408)
	}
}

func TestSocket_runs_operations_of_every_kind(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	endpoint := s.serve(t)
	c := connect(t, endpoint, modern)
	c.send(`{"type":"ping","payload":{"a":1}}`)
	c.expect(`{"type":"pong","payload":{"a":1}}`)
	c.send(`{"type":"pong"}`)
	c.send(`{"type":"subscribe","id":"q","payload":{"query":"query($i:ID!){product(id:$i){name}}","variables":{"i":"4"}}}`)
	c.expect(`{"type":"next","id":"q","payload":{"data":{"product":{"name":"product 4"}}}}`, `{"type":"complete","id":"q"}`)
	c.send(`{"type":"subscribe","id":"m","payload":{"query":"mutation{rename(id:\"1\",name:\"x\"){id}}"}}`)
	c.expect(`{"type":"next","id":"m","payload":{"data":{"rename":{"id":"1"}}}}`, `{"type":"complete","id":"m"}`)
	c.send(`{"type":"subscribe","id":"bad","payload":{"query":"{nothing}"}}`)
	c.expectError("bad", "GRAPHQL_VALIDATION_FAILED")
	c.send(`{"type":"subscribe","id":"s","payload":{"query":"subscription{productChanged{cursor product{name reviews{text}}}}"}}`)
	s.events <- map[string]any{"cursor": "c1", "product": map[string]any{"id": "5", "name": "five"}}
	c.expect(`{"type":"next","id":"s","payload":{"data":{"productChanged":{"cursor":"c1","product":{"name":"five","reviews":[{"text":"good 5"}]}}}}}`)
	c.send(`{"type":"complete","id":"s"}`)
	select {
	case <-s.left:
	case <-time.After(patience):
		t.Error("upstream did not end")
	}
	c.send(`{"type":"complete","id":"s"}`)
	c.send(`{"type":"subscribe","id":"s","payload":{"query":"subscription{ticks}"}}`)
	s.events <- 1
	c.expect(`{"type":"next","id":"s","payload":{"data":{"ticks":1}}}`)
	close(s.events)
	c.expect(`{"type":"complete","id":"s"}`)
}

func TestSocket_speaks_the_legacy_protocol(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	c := connect(t, s.serve(t), legacy)
	c.send(`{"type":"start","id":"q","payload":{"query":"{product(id:\"4\"){name}}"}}`)
	c.expect(`{"type":"data","id":"q","payload":{"data":{"product":{"name":"product 4"}}}}`, `{"type":"complete","id":"q"}`)
	c.send(`{"type":"start","id":"bad","payload":{"query":"{nothing}"}}`)
	c.expectError("bad", "GRAPHQL_VALIDATION_FAILED")
	c.send(`{"type":"start","id":"s","payload":{"query":"subscription{ticks}"}}`)
	s.events <- 7
	c.expect(`{"type":"data","id":"s","payload":{"data":{"ticks":7}}}`)
	c.send(`{"type":"stop","id":"s"}`)
	c.expect(`{"type":"complete","id":"s"}`)
	<-s.left
}

func TestSocket_checks_the_origin_before_the_upgrade(t *testing.T) {
	t.Parallel()
	endpoint := newShop(t, func(o *router.Options) { o.AllowedOrigins = []string{"https://portal.example"} }).serve(t)
	for origin, status := range map[string]int{
		"https://evil.example": http.StatusForbidden, "null": http.StatusForbidden, "https://portal.example": 101, "": 101,
		strings.TrimSuffix(endpoint, "/graphql"): 101,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		conn, resp, err := websocket.Dial(t.Context(), endpoint, &websocket.DialOptions{Subprotocols: []string{modern}, HTTPHeader: header})
		if err == nil {
			_ = conn.CloseNow()
		}
		if resp == nil || resp.StatusCode != status {
			t.Errorf("%q: got %v, %v; want %d", origin, resp, err, status)
		}
	}
}

func TestSocket_bounds_operations_and_sockets(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.Limits.Transport = transport.Limits{SocketOperations: 2, SocketsPerCaller: 2, Sockets: 3}
		o.Authenticate = func(ctx context.Context, _ *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			return ctx, transport.Caller{Identity: "someone"}, nil
		}
	})
	endpoint := s.serve(t)
	c := connect(t, endpoint, modern)
	for _, id := range []string{"1", "2"} {
		c.send(`{"type":"subscribe","id":"` + id + `","payload":{"query":"subscription{ticks}"}}`)
	}
	c.send(`{"type":"subscribe","id":"3","payload":{"query":"subscription{ticks}"}}`)
	c.expectError("3", "TOO_MANY_OPERATIONS")
	connect(t, endpoint, modern)
	third := dial(t, endpoint, modern, nil)
	third.send(`{"type":"connection_init"}`)
	third.expectClose(1013)
	waitFor(t, func() bool { return s.Stats().Sockets == 2 })
	dial(t, endpoint, modern, nil)
	_, resp, err := websocket.Dial(t.Context(), endpoint, &websocket.DialOptions{Subprotocols: []string{modern}})
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestSocket_ends_when_the_token_expires_unless_it_is_renewed(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.Authenticate = func(ctx context.Context, _ *http.Request, init json.RawMessage) (context.Context, transport.Caller, error) {
			caller := transport.Caller{Identity: "someone", Expires: time.Now().Add(2 * time.Second)}
			if strings.Contains(string(init), "long") {
				caller.Expires = time.Now().Add(time.Hour)
			}
			if strings.Contains(string(init), "other") {
				caller.Identity = "other"
			}
			return ctx, caller, nil
		}
	})
	endpoint := s.serve(t)
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		connect(t, endpoint, modern).expectClose(4403)
	})
	t.Run("renewed by somebody else", func(t *testing.T) {
		t.Parallel()
		c := connect(t, endpoint, modern)
		c.send(`{"type":"ping","payload":{"renew":{"token":"other"}}}`)
		c.expectClose(4403)
	})
	t.Run("renewed", func(t *testing.T) {
		t.Parallel()
		short, long := connect(t, endpoint, modern), connect(t, endpoint, modern)
		long.send(`{"type":"ping","payload":{"renew":{"token":"long"}}}`)
		long.expect(`{"type":"pong","payload":{"renewed":true}}`)
		short.expectClose(4403)
		long.send(`{"type":"subscribe","id":"q","payload":{"query":"{__typename}"}}`)
		long.expect(`{"type":"next","id":"q","payload":{"data":{"__typename":"Query"}}}`, `{"type":"complete","id":"q"}`)
	})
}

func TestShutdown_ends_sockets_with_a_code_that_clients_come_back_after(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	endpoint := s.serve(t)
	c := connect(t, endpoint, modern)
	c.send(`{"type":"subscribe","id":"s","payload":{"query":"subscription{ticks}"}}`)
	s.events <- 1
	c.expect(`{"type":"next","id":"s","payload":{"data":{"ticks":1}}}`)
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- s.Shutdown(t.Context()) }()
	c.expectClose(1001)
	if err := <-done; err != nil || time.Since(began) > patience {
		t.Errorf("shutting down took %v: %v", time.Since(began), err)
	}
	_, resp, err := websocket.Dial(t.Context(), endpoint, &websocket.DialOptions{Subprotocols: []string{modern}})
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a new socket: %v, %v", resp, err)
	}
}

func TestRevoked_callers_lose_their_sockets_and_streams_at_once(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var revoke []context.CancelCauseFunc
	s := newShop(t, func(o *router.Options) {
		o.Authenticate = func(ctx context.Context, r *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			watched, cancel := context.WithCancelCause(ctx)
			mu.Lock()
			revoke = append(revoke, cancel)
			mu.Unlock()
			return watched, transport.Caller{Identity: "someone"}, nil
		}
	})
	endpoint := s.serve(t)
	socket := connect(t, endpoint, modern)
	socket.send(`{"type":"subscribe","id":"s","payload":{"query":"subscription{ticks}"}}`)
	s.events <- 1
	socket.expect(`{"type":"next","id":"s","payload":{"data":{"ticks":1}}}`)
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(`{"query":"subscription{ticks}"}`))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	stream, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Body.Close() }()
	s.events <- 2
	socket.expect(`{"type":"next","id":"s","payload":{"data":{"ticks":2}}}`)
	lines := bufio.NewReader(stream.Body)
	for line := ""; !strings.Contains(line, `"ticks":2`); {
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	for _, end := range revoke {
		end(transport.Refuse(http.StatusUnauthorized, transport.CodeUnauthenticated, "the credential has been revoked"))
	}
	mu.Unlock()
	socket.expectClose(4403)
	said, err := io.ReadAll(lines)
	if err != nil || !strings.Contains(string(said), "UNAUTHENTICATED") {
		t.Errorf("%v %s", err, said)
	}
}
