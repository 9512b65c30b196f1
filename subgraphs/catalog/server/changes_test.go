package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/go-cmp/cmp"
)

const changes = `subscription($after: String, $filter: EntityFilter) { catalogChanges(after: $after, filter: $filter) {
	cursor change ref entity { ref labels { value } } } }`

// stream is a subscription over server-sent events.
type stream struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Scanner
	// cursor is that of the last change.
	cursor string
}

func (w *world) subscribe(t *testing.T, url, role, document string, variables map[string]any) *stream {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"query": document, "variables": variables})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("X-Test-Role", role)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return &stream{t: t, response: response, lines: bufio.NewScanner(response.Body)}
}

// next gives the next event's name and data.
func (s *stream) next() (event string, data map[string]any) {
	s.t.Helper()
	for s.lines.Scan() {
		line := s.lines.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			event = name
		}
		if text, ok := strings.CutPrefix(line, "data:"); ok {
			_ = json.Unmarshal([]byte(text), &data)
			return event, data
		}
	}
	s.t.Fatalf("the stream ended: %v", s.lines.Err())
	return "", nil
}

// change gives the next change as "KIND ref [label]".
func (s *stream) change() string {
	s.t.Helper()
	event, data := s.next()
	payload, ok := data["data"].(map[string]any)
	if event != "next" || !ok {
		s.t.Fatalf("event %q, data %v", event, data)
	}
	c := payload["catalogChanges"].(map[string]any)
	s.cursor = c["cursor"].(string)
	text := c["change"].(string) + " " + c["ref"].(string)
	if entity, ok := c["entity"].(map[string]any); ok {
		for _, label := range entity["labels"].([]any) {
			text += " " + label.(map[string]any)["value"].(string)
		}
	}
	return text
}

func (s *stream) want(wanted ...string) {
	s.t.Helper()
	for _, want := range wanted {
		if got := s.change(); got != want {
			s.t.Fatalf("change = %q, want %q", got, want)
		}
	}
}

func TestChangesAreFollowedLive(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{"c/a.yaml": component("a", ""), "c/b.yaml": component("b", "")})
	w := start(t, root, "c/*.yaml")
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	cursor := w.ask(`{ catalogCursor }`, nil)["catalogCursor"]
	from := map[string]any{"after": cursor}

	admin := w.subscribe(t, server.URL, "admin", changes, from)
	viewer := w.subscribe(t, server.URL, "viewer", changes, from)

	write(t, root, "c/a.yaml", component("a", "tier: one"))
	admin.want("CHANGED component:default/a one")
	viewer.want("CHANGED component:default/a one")
	resume := admin.cursor

	write(t, root, "c/a.yaml", component("a", "visibility: restricted"))
	admin.want("CHANGED component:default/a restricted")
	viewer.want("REMOVED component:default/a")

	write(t, root, "c/a.yaml", component("a", "tier: two"))
	admin.want("CHANGED component:default/a two")
	viewer.want("ADDED component:default/a two")

	write(t, root, "c/new.yaml", component("hidden", "visibility: restricted"))
	admin.want("ADDED component:default/hidden restricted")
	write(t, root, "c/new.yaml", component("open", ""))
	viewer.want("ADDED component:default/open")

	t.Run("a subscriber who comes back misses and repeats nothing", func(t *testing.T) {
		back := w.subscribe(t, server.URL, "admin", changes, map[string]any{"after": resume})
		var got []string
		for range 5 {
			got = append(got, back.change())
		}
		// Entities are given as they are now, so that the two earlier changes of `a` show its last label.
		want := []string{
			"CHANGED component:default/a two", "CHANGED component:default/a two", "ADDED component:default/hidden",
			"REMOVED component:default/hidden", "ADDED component:default/open",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
	t.Run("a filter makes what leaves it removed", func(t *testing.T) {
		filtered := w.subscribe(t, server.URL, "admin", changes, map[string]any{
			"after":  w.ask(`{ catalogCursor }`, nil)["catalogCursor"],
			"filter": map[string]any{"labels": []any{map[string]any{"key": "Tier"}}},
		})
		write(t, root, "c/b.yaml", component("b", "tier: x"))
		filtered.want("ADDED component:default/b x")
		write(t, root, "c/b.yaml", component("b", ""))
		filtered.want("REMOVED component:default/b")
	})
	t.Run("a cursor that is none is refused", func(t *testing.T) {
		_, data := w.subscribe(t, server.URL, "admin", changes, map[string]any{"after": "garbage"}).next()
		if code := firstCode(data); code != "CURSOR_INVALID" {
			t.Errorf("code = %q: %v", code, data)
		}
	})
	t.Run("whoever may read nothing may follow nothing", func(t *testing.T) {
		_, data := w.subscribe(t, server.URL, "nobody", changes, nil).next()
		if code := firstCode(data); code != "FORBIDDEN" {
			t.Errorf("code = %q: %v", code, data)
		}
	})
	t.Run("over a websocket too", func(t *testing.T) {
		socket, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{
			Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"X-Test-Role": {"admin"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = socket.CloseNow() }()
		exchange(t, socket, map[string]any{"type": "connection_init"}, "connection_ack")
		answer := exchange(t, socket, map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{
			"query": changes, "variables": map[string]any{"after": resume},
		}}, "next")
		if !strings.Contains(answer, `"ref":"component:default/a"`) {
			t.Errorf("answer = %s", answer)
		}
	})
}

// exchange sends a message and waits for one of the type.
func exchange(t *testing.T, socket *websocket.Conn, message map[string]any, wanted string) string {
	t.Helper()
	if err := wsjson.Write(t.Context(), socket, message); err != nil {
		t.Fatal(err)
	}
	for {
		var answer map[string]json.RawMessage
		if err := wsjson.Read(t.Context(), socket, &answer); err != nil {
			t.Fatal(err)
		}
		if string(answer["type"]) == `"`+wanted+`"` {
			return string(answer["payload"])
		}
	}
}
