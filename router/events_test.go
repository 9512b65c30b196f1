package router_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"devportal.internal/router"
	"devportal.internal/router/eventsource"
	"devportal.internal/router/redis/streams"
	"devportal.internal/router/upstream"
)

const ordersSDL = `
extend schema
  @link(url: "https://devportal.internal/live/v1.0", import: ["@resumable"])
  @link(url: "https://devportal.internal/events/v1.0", import: ["@eventStream"])
  @composeDirective(name: "@resumable")
  @composeDirective(name: "@eventStream")
directive @resumable(after: String! = "after", cursor: String! = "cursor", start: String, fromStart: Boolean! = false) on FIELD_DEFINITION
directive @eventStream(source: String!, stream: String!) on FIELD_DEFINITION
type Query { order(id: ID!): Order }
type Order @key(fields: "id") { id: ID! total: Int }
type OrderEvent { cursor: String! kind: String order: Order }
type Subscription {
  orderChanged(shop: ID!, after: String): OrderEvent @resumable @eventStream(source: "redis", stream: "orders.{args.shop}")
  orderSeen(shop: ID!): Order @eventStream(source: "redis", stream: "orders.{args.shop}")
}`

const deliveriesSDL = `
type Query { deliveries: Int }
type Order @key(fields: "id") { id: ID! carrier: String }`

// redisServer is a Redis that can be stopped and started again with what it kept.
type redisServer struct {
	folder  string
	command *exec.Cmd
	client  *redis.Client
}

func newRedisServer(t *testing.T) *redisServer {
	t.Helper()
	s := &redisServer{folder: t.TempDir()}
	s.start(t)
	s.client = redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket()})
	t.Cleanup(func() { _ = s.client.Close(); s.stop() })
	return s
}

func (s *redisServer) socket() string { return filepath.Join(s.folder, "r") }

func (s *redisServer) start(t *testing.T) {
	t.Helper()
	s.command = exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket(), "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir", s.folder)
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		conn, err := net.Dial("unix", s.socket())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (s *redisServer) stop() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

func (s *redisServer) add(t *testing.T, data string) string {
	t.Helper()
	id, err := s.client.XAdd(t.Context(), &redis.XAddArgs{Stream: "orders.s1", Values: []string{"data", data}}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// orders is a router whose subgraphs answer queries alone.
func orders(t *testing.T) (*redisServer, *router.Router, string) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("there is no redis-server on this machine")
	}
	server := newRedisServer(t)
	source, err := streams.Open("unix://" + server.socket())
	if err != nil {
		t.Fatal(err)
	}
	entity := func(field string, value any) *subgraph {
		return &subgraph{root: map[string]any{}, entities: map[string]func(map[string]any) any{
			"Order": func(of map[string]any) any {
				return map[string]any{"__typename": "Order", "id": of["id"], field: value}
			},
		}}
	}
	s := &shop{}
	s.Router, err = router.New(router.Options{
		Supergraph: composed(t, map[string]string{"orders": ordersSDL, "deliveries": deliveriesSDL}),
		Subgraphs: map[string]upstream.Subgraph{
			"orders": {Handler: entity("total", 7)}, "deliveries": {Handler: entity("carrier", "post")},
		},
		EventSources: map[string]eventsource.Source{"redis": source},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		_ = source.Close()
	})
	return server, s.Router, s.serve(t)
}

// event reads the next event's id and data, over what keeps the connection alive.
func event(t *testing.T, r *bufio.Reader) (id, data string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if text, found := strings.CutPrefix(line, "id: "); found {
			id = strings.TrimSpace(text)
		}
		if text, found := strings.CutPrefix(line, "data: "); found {
			return id, strings.TrimSpace(text)
		}
	}
}

func expectEvent(t *testing.T, r *bufio.Reader, id, want string) {
	t.Helper()
	gotID, got := event(t, r)
	if gotID != id || !strings.Contains(got, want) {
		t.Fatalf("got %s %s, want %s %s", gotID, got, id, want)
	}
}

const allOfOrder = `subscription{orderChanged(shop:"s1"){at:cursor what:kind order{total carrier}}}`

func TestEventStreams_are_completed_from_subgraphs_that_hold_no_connection(t *testing.T) {
	t.Parallel()
	redis, r, endpoint := orders(t)
	redis.add(t, `{"order":{"id":"0"}}`)
	stream := open(t, endpoint, "text/event-stream", allOfOrder, nil)
	seen := open(t, endpoint, "text/event-stream", `subscription($s:ID!="s1"){orderSeen(shop:$s){__typename key:id carrier}}`, nil)
	waitFor(t, func() bool { return r.Stats().LiveOperations == 2 && blocked(t, redis) == 1 })
	first := redis.add(t, `{"__typename":"OrderEvent","id":"5","kind":"paid","order":{"__typename":"Order","id":"1"}}`)
	expectEvent(t, stream, first, `{"data":{"orderChanged":{"at":"`+first+`","what":"paid","order":{"total":7,"carrier":"post"}}}}`)
	expectEvent(t, seen, "", `EVENT_MALFORMED`)
	broken := redis.add(t, `{"order":`)
	expectEvent(t, stream, broken, `EVENT_MALFORMED`)
	expectEvent(t, seen, "", `EVENT_MALFORMED`)
	order := redis.add(t, `{"__typename":"Order","id":"1"}`)
	expectEvent(t, seen, "", `{"data":{"orderSeen":{"__typename":"Order","key":"1","carrier":"post"}}}`)
	expectEvent(t, stream, order, `EVENT_MALFORMED`)
	recorder := httptest.NewRecorder()
	r.ServeMetrics(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if _, told, _ := strings.Cut(recorder.Body.String(), "\nrouter_malformed_messages_total{"); !strings.Contains(told, "} 4\n") {
		t.Errorf("the metrics do not tell of four messages: %.60s", told)
	}
}

// blocked is how many connections wait for entries.
func blocked(t *testing.T, server *redisServer) int {
	t.Helper()
	list, err := server.client.ClientList(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(list, "cmd=xread")
}

func TestEventStreams_go_on_over_a_restart_of_Redis(t *testing.T) {
	t.Parallel()
	redis, r, endpoint := orders(t)
	stream := open(t, endpoint, "text/event-stream", allOfOrder, nil)
	waitFor(t, func() bool { return r.Stats().LiveOperations == 1 && blocked(t, redis) == 1 })
	first := redis.add(t, `{"kind":"a"}`)
	expectEvent(t, stream, first, `"what":"a"`)
	redis.stop()
	redis.start(t)
	second, third := redis.add(t, `{"kind":"b"}`), redis.add(t, `{"kind":"c"}`)
	expectEvent(t, stream, second, `"what":"b"`)
	expectEvent(t, stream, third, `"what":"c"`)

	t.Run("and after a cursor, of the client", func(t *testing.T) {
		again := open(t, endpoint, "text/event-stream", allOfOrder, map[string]string{"Last-Event-ID": first})
		expectEvent(t, again, second, `"what":"b"`)
		again = open(t, endpoint, "text/event-stream", strings.Replace(allOfOrder, `"s1"`, `"s1",after:"`+second+`"`, 1), nil)
		expectEvent(t, again, third, `"what":"c"`)
	})
	t.Run("and say when a cursor is too old", func(t *testing.T) {
		if err := redis.client.XTrimMaxLen(t.Context(), "orders.s1", 1).Err(); err != nil {
			t.Fatal(err)
		}
		again := open(t, endpoint, "text/event-stream", allOfOrder+"#", map[string]string{"Last-Event-ID": "1-0"})
		expectEvent(t, again, "", `CURSOR_EXPIRED`)
	})
	t.Run("and say when a cursor is none", func(t *testing.T) {
		again := open(t, endpoint, "text/event-stream", allOfOrder, map[string]string{"Last-Event-ID": "x"})
		expectEvent(t, again, "", `CURSOR_INVALID`)
	})
	t.Run("and let no argument name another stream", func(t *testing.T) {
		again := open(t, endpoint, "text/event-stream", strings.Replace(allOfOrder, `s1`, `s1.x`, 1), nil)
		expectEvent(t, again, "", `EVENT_STREAM_INVALID`)
	})
}

func TestEventStreams_need_a_source_of_their_name(t *testing.T) {
	t.Parallel()
	_, err := router.New(router.Options{Supergraph: composed(t, map[string]string{"orders": ordersSDL, "deliveries": deliveriesSDL})})
	if err == nil || !strings.Contains(err.Error(), `no event source "redis"`) {
		t.Errorf("got %v", err)
	}
}

func TestEventStreams_are_refused_where_the_directive_says_what_cannot_be(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"orders.{args.nothing}": `no argument "nothing"`,
		"orders.{shop}":         "braces",
		"":                      "required",
	} {
		sdl := strings.ReplaceAll(ordersSDL, "orders.{args.shop}", change)
		_, err := router.New(router.Options{Supergraph: composed(t, map[string]string{"orders": sdl, "deliveries": deliveriesSDL})})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", change, err)
		}
	}
	sdl := strings.ReplaceAll(ordersSDL, "orderSeen(shop: ID!): Order", "orderSeen(shop: ID!): Int")
	_, err := router.New(router.Options{Supergraph: composed(t, map[string]string{"orders": sdl, "deliveries": deliveriesSDL})})
	if err == nil || !strings.Contains(err.Error(), "one object") {
		t.Errorf("got %v", err)
	}
}
