package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go/jetstream"

	"devportal.internal/router/nats"
	"devportal.internal/router/nats/natstest"
)

const (
	eventsSDL = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
  @link(url: "https://devportal.internal/live/v1.0", import: ["@resumable"])
  @link(url: "https://devportal.internal/events/v1.0", import: ["@eventStream"])
  @composeDirective(name: "@resumable")
  @composeDirective(name: "@eventStream")
directive @resumable(after: String! = "after", cursor: String! = "cursor", start: String, fromStart: Boolean! = false) on FIELD_DEFINITION
directive @eventStream(source: String!, stream: String!) on FIELD_DEFINITION
type Query { order(id: ID!): Order }
type Order @key(fields: "id") { id: ID! }
type OrderEvent { cursor: String! order: Order }
type Subscription { orderChanged(shop: ID!, after: String): OrderEvent @resumable @eventStream(source: "orders", stream: "orders.{args.shop}") }
`
	totalsSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { totals: Int }
type Order @key(fields: "id") { id: ID! total: Int }
`
)

// TestServe_makes_events_of_messages_in_NATS subscribes while no subgraph holds a connection, and comes back after a cursor; the
// broker is restarted in the middle.
func TestServe_makes_events_of_messages_in_NATS(t *testing.T) {
	t.Parallel()
	broker := natstest.New(t)
	broker.Keep(jetstream.StreamConfig{})
	totals := httptest.NewServer(says(200, `{"data":{"_entities":[{"total":7}]}}`))
	t.Cleanup(totals.Close)
	folder := t.TempDir()
	write(t, folder, "orders.graphql", eventsSDL)
	write(t, folder, "totals.graphql", totalsSDL)
	config := write(t, folder, "supergraph.yaml", "subgraphs:\n  orders:\n    routing_url: http://127.0.0.1:1\n    schema: {file: orders.graphql}\n"+
		"  totals:\n    routing_url: "+totals.URL+"\n    schema: {file: totals.graphql}\n")
	out := filepath.Join(folder, "supergraph.graphql")
	if status, _, complaints := command(t, nil, "", "compose", "--config", config, "--out", out); status != 0 {
		t.Fatal(complaints)
	}
	s := &served{t: t}
	s.start([]string{"--supergraph", out, "--event-sources", "orders=" + broker.URL()})

	source, err := nats.Open(broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	start, err := source.Last(t.Context(), "orders.north")
	if err != nil {
		t.Fatal(err)
	}
	first := s.follow(start)
	middle := first.sees(broker.Client(), 1)
	first.sees(broker.Client(), 2)
	broker.Stop()
	broker.Start()
	first.sees(broker.Client(), 3)
	again := s.follow(middle)
	again.expects(2)
	again.expects(3)
	again.sees(broker.Client(), 4)
	first.expects(4)
}

// orderEvents are the events of one shop's orders on a websocket.
type orderEvents struct {
	t    *testing.T
	conn *websocket.Conn
}

// follow subscribes after a cursor.
func (s *served) follow(after string) *orderEvents {
	s.t.Helper()
	conn, ack, err := s.initialise("")
	if err != nil || !strings.Contains(ack, "connection_ack") {
		s.t.Fatal(ack, err)
	}
	subscribe, err := json.Marshal(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{
		"query": `subscription($after: String) { orderChanged(shop: "north", after: $after) { cursor order { id total } } }`, "variables": map[string]any{"after": after},
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := conn.Write(s.t.Context(), websocket.MessageText, subscribe); err != nil {
		s.t.Fatal(err)
	}
	return &orderEvents{s.t, conn}
}

// sees publishes an order, and gives the cursor of its event.
func (o *orderEvents) sees(js jetstream.JetStream, id int) (cursor string) {
	o.t.Helper()
	if _, err := js.Publish(o.t.Context(), "orders.north", fmt.Appendf(nil, `{"order":{"id":"%d"}}`, id)); err != nil {
		o.t.Fatal(err)
	}
	return o.expects(id)
}

// expects reads the event of an order, and gives its cursor.
func (o *orderEvents) expects(id int) (cursor string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	_, text, err := o.conn.Read(ctx)
	if err != nil {
		o.t.Fatal(err)
	}
	var event struct {
		Payload struct {
			Data struct {
				OrderChanged struct {
					Cursor string
					Order  struct {
						ID    string
						Total int
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &event); err != nil {
		o.t.Fatal(err)
	}
	got := event.Payload.Data.OrderChanged
	if got.Order.ID != fmt.Sprint(id) || got.Order.Total != 7 || got.Cursor == "" {
		o.t.Fatalf("instead of order %d comes %s", id, text)
	}
	return got.Cursor
}
