package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sdl is the schema of the one subgraph.
const sdl = `
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
  @link(url: "https://devportal.internal/live/v1.0", import: ["@resumable"])
  @composeDirective(name: "@resumable")
directive @resumable(after: String! = "after", cursor: String! = "cursor", start: String, fromStart: Boolean! = false) on FIELD_DEFINITION
type Query { now: String! }
type Subscription { changed(after: String): Change! @resumable(start: "now") }
type Change { cursor: String! number: Int! text: String! }
`

// committed are the events in the file, one a line, as far as they were read. An event's cursor is its number.
type committed struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed when there are more

	streams atomic.Int64 // that are open
}

// tail reads the file as it grows.
func (c *committed) tail(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("reading events: %w", err)
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	begun := ""
	for {
		line, err := lines.ReadString('\n')
		begun += line
		switch {
		case err == nil:
			c.add(strings.TrimSuffix(begun, "\n"))
			begun = ""
		case err == io.EOF:
			time.Sleep(time.Millisecond)
		default:
			return fmt.Errorf("reading events: %w", err)
		}
	}
}

func (c *committed) add(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, line)
	close(c.more)
	c.more = make(chan struct{})
}

// after are the events after a number, and what is closed when there are more.
func (c *committed) after(number int) ([]string, chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lines[min(number, len(c.lines)):], c.more
}

func (c *committed) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.lines)
}

func serveSubgraph(listen, file string) error {
	events := &committed{more: make(chan struct{})}
	failed := make(chan error, 2)
	go func() { failed <- events.tail(file) }()
	go func() { failed <- http.ListenAndServe(listen, events) }()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // the parent is gone
		failed <- nil
	}()
	return <-failed
}

// ServeHTTP answers the two documents that there are.
func (c *committed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/streams" {
		_, _ = fmt.Fprint(w, c.streams.Load())
		return
	}
	var request struct {
		Query     string
		Variables map[string]any
	}
	if json.NewDecoder(r.Body).Decode(&request) != nil {
		http.Error(w, "no request", http.StatusBadRequest)
		return
	}
	if !strings.HasPrefix(request.Query, "subscription") {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"data":{"cursor":"%d","now":"%d"}}`, c.count(), c.count())
		return
	}
	from := c.count()
	if cursor, given := request.Variables["_after"].(string); given {
		from, _ = strconv.Atoi(cursor)
	}
	c.stream(w, r, from)
}

func (c *committed) stream(w http.ResponseWriter, r *http.Request, from int) {
	c.streams.Add(1)
	defer c.streams.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	for control.Flush() == nil {
		lines, more := c.after(from)
		for _, line := range lines {
			from++
			_, _ = fmt.Fprintf(w, "event: next\ndata: {\"data\":{\"changed\":{\"cursor\":\"%d\",\"_cursor\":\"%d\",\"number\":%d,\"text\":%q}}}\n\n", from, from, from, line)
		}
		if len(lines) > 0 {
			continue
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}
