package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// answerTimeout is how long an answer, or an event, may take on a machine that is busy with other tests.
const answerTimeout = 30 * time.Second

// client asks a portal, with a token or as the development user.
type client struct {
	listen string
	token  string
}

type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// ask sends an operation over HTTP.
func (c client) ask(t testing.TB, document string, variables map[string]any) answer {
	t.Helper()
	result, err := c.try(t.Context(), document, variables)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (c client) try(ctx context.Context, document string, variables map[string]any) (answer, error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.listen+"/graphql", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	var result answer
	if err := json.NewDecoder(response.Body).Decode(&result); err != nil {
		return answer{}, fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	return result, nil
}

// data sends an operation that must be answered without errors, and decodes its data.
func (c client) data(t testing.TB, document string, variables map[string]any, into any) {
	t.Helper()
	result := c.ask(t, document, variables)
	if len(result.Errors) > 0 {
		t.Fatalf("errors: %+v", result.Errors)
	}
	if err := json.Unmarshal(result.Data, into); err != nil {
		t.Fatalf("decode %s: %v", result.Data, err)
	}
}

// subscription is one operation on a websocket of its own, over graphql-transport-ws.
type subscription struct {
	t    testing.TB
	conn *websocket.Conn
}

type message struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func (c client) subscribe(t testing.TB, document string, variables map[string]any) *subscription {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+c.listen+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(16 << 20)
	s := &subscription{t, conn}
	t.Cleanup(func() { _ = conn.CloseNow() })
	init := map[string]any{}
	if c.token != "" {
		init["Authorization"] = "Bearer " + c.token
	}
	s.send(ctx, "connection_init", "", init)
	if ack := s.receive(ctx); ack.Type != "connection_ack" {
		t.Fatalf("the server answers %s to connection_init", ack.Type)
	}
	s.send(ctx, "subscribe", "1", map[string]any{"query": document, "variables": variables})
	return s
}

func (s *subscription) send(ctx context.Context, kind, id string, payload any) {
	s.t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := wsjson.Write(ctx, s.conn, message{Type: kind, ID: id, Payload: raw}); err != nil {
		s.t.Fatalf("send %s: %v", kind, err)
	}
}

// receive gives the next message; pings are answered.
func (s *subscription) receive(ctx context.Context) message {
	s.t.Helper()
	for {
		var m message
		if err := wsjson.Read(ctx, s.conn, &m); err != nil {
			s.t.Fatalf("receive: %v", err)
		}
		if m.Type != "ping" {
			return m
		}
		s.send(ctx, "pong", "", nil)
	}
}

// next decodes the data of the next event; false when the subscription is complete.
func (s *subscription) next(into any) bool {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), answerTimeout)
	defer cancel()
	m := s.receive(ctx)
	if m.Type == "complete" {
		return false
	}
	var result answer
	if m.Type != "next" || json.Unmarshal(m.Payload, &result) != nil || len(result.Errors) > 0 {
		s.t.Fatalf("the server sends %s %s", m.Type, m.Payload)
	}
	if err := json.Unmarshal(result.Data, into); err != nil {
		s.t.Fatalf("decode %s: %v", result.Data, err)
	}
	return true
}
