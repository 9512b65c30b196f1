package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"

	"devportal.internal/router/internal/testsubgraph"
)

// remembering answers a request that it has answered before with the same bytes, so that the subgraphs cost little.
type remembering struct {
	server *testsubgraph.Server
	known  sync.Map // body -> answer
	count  *atomic.Int64
}

func (m *remembering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.count.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer, ok := m.known.Load(string(body))
	if !ok {
		recorder := httptest.NewRecorder()
		r.Body = io.NopCloser(bytes.NewReader(body))
		m.server.ServeHTTP(recorder, r)
		answer = bytes.TrimSpace(recorder.Body.Bytes())
		m.known.Store(string(body), answer)
	}
	b, _ := answer.([]byte)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

// serveSubgraphs serves the four subgraphs by path, and how many requests there were at /count.
func serveSubgraphs() error {
	mux := http.NewServeMux()
	data := table()
	var count atomic.Int64
	for _, name := range names() {
		server, err := testsubgraph.New(testsubgraph.Config{Name: name, SDL: sdl(name), Table: data})
		if err != nil {
			return err
		}
		mux.Handle("/"+name, &remembering{server: server, count: &count})
	}
	mux.HandleFunc("/count", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strconv.FormatInt(count.Load(), 10))
	})
	return serve(mux)
}
