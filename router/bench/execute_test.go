package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"devportal.internal/router/execute"
	"devportal.internal/router/internal/testsubgraph"
	"devportal.internal/router/upstream"
)

// inMemory answers requests from what test subgraphs answered before.
type inMemory struct {
	servers map[string]http.Handler
	known   map[string][]byte
}

func newInMemory(b *testing.B) *inMemory {
	m := &inMemory{servers: map[string]http.Handler{}, known: map[string][]byte{}}
	data := table()
	for _, name := range names() {
		server, err := testsubgraph.New(testsubgraph.Config{Name: name, SDL: sdl(name), Table: data})
		if err != nil {
			b.Fatal(err)
		}
		m.servers[name] = server
	}
	return m
}

func (m *inMemory) Do(_ context.Context, req *upstream.Request) (*upstream.Response, error) {
	if body, ok := m.known[string(req.Body)]; ok {
		return upstream.NewResponse(body), nil
	}
	w := httptest.NewRecorder()
	m.servers[req.Subgraph].ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(req.Body)))
	m.known[string(req.Body)] = bytes.TrimSpace(w.Body.Bytes())
	return upstream.NewResponse(m.known[string(req.Body)]), nil
}

func BenchmarkExecute(b *testing.B) {
	program, client := prepare(b)
	resp := program.Execute(b.Context(), &execute.Request{Client: client})
	if len(resp.Errors()) > 0 {
		b.Fatalf("%+v", resp.Errors()[0])
	}
	b.SetBytes(int64(len(resp.Data())))
	resp.Release()
	b.ReportAllocs()
	for b.Loop() {
		resp := program.Execute(b.Context(), &execute.Request{Client: client})
		_, _ = resp.WriteTo(io.Discard)
		resp.Release()
	}
}

func prepare(tb *testing.B) (*execute.Program, upstream.Client) {
	sdl, err := supergraphSDL("127.0.0.1:1")
	if err != nil {
		tb.Fatal(err)
	}
	p, program, err := planned(sdl)
	if err != nil {
		tb.Fatal(err)
	}
	stages := map[int]int{}
	level := make([]int, len(p.Fetches))
	for i, f := range p.Fetches {
		for _, before := range f.DependsOn {
			level[i] = max(level[i], level[before]+1)
		}
		stages[level[i]]++
	}
	tb.Logf("%d fetches in %d stages", len(p.Fetches), len(stages))
	client := newInMemory(tb)
	warm := &locked{client: client, turn: make(chan struct{}, 1)}
	program.Execute(context.Background(), &execute.Request{Client: warm}).Release()
	total := 0
	for request, answer := range client.known {
		var r struct{ Query string }
		if err := json.Unmarshal([]byte(request), &r); err != nil {
			tb.Fatal(err)
		}
		tb.Logf("%6d bytes for %d bytes: %s", len(answer), len(request), strings.ReplaceAll(r.Query, "\n", " "))
		total += len(answer)
	}
	tb.Logf("%d bytes in all", total)
	return program, client
}

// locked lets one request through at a time.
type locked struct {
	client upstream.Client
	turn   chan struct{}
}

func (l *locked) Do(ctx context.Context, req *upstream.Request) (*upstream.Response, error) {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	return l.client.Do(ctx, req)
}
