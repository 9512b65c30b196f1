package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"

	"devportal.internal/router/execute"
	"devportal.internal/router/plan"
	"devportal.internal/router/upstream"
)

// script is what the hand-written program knows beforehand: the requests of each stage, and the response.
type script struct {
	stages   [][]request
	response []byte
}

type request struct {
	url  string
	body []byte
}

// recorder is a client that remembers the requests it carries.
type recorder struct {
	upstream.Client

	mu       sync.Mutex
	requests map[string][][]byte // bodies by subgraph and document
}

func (r *recorder) Do(ctx context.Context, req *upstream.Request) (*upstream.Response, error) {
	var body struct{ Query string }
	if err := json.Unmarshal(req.Body, &body); err != nil {
		return nil, err
	}
	r.mu.Lock()
	key := req.Subgraph + " " + body.Query
	r.requests[key] = append(r.requests[key], bytes.Clone(req.Body))
	r.mu.Unlock()
	return r.Client.Do(ctx, req)
}

// record runs the operation once and writes the script down.
func record(address string) (*script, error) {
	sdl, err := supergraphSDL(address)
	if err != nil {
		return nil, err
	}
	p, program, err := planned(sdl)
	if err != nil {
		return nil, err
	}
	config := upstream.Config{Subgraphs: map[string]upstream.Subgraph{}}
	for _, name := range names() {
		config.Subgraphs[name] = upstream.Subgraph{URL: "http://" + address + "/" + name}
	}
	set, err := upstream.New(config)
	if err != nil {
		return nil, err
	}
	defer set.Close()
	client := &recorder{Client: set, requests: map[string][][]byte{}}
	resp := program.Execute(context.Background(), &execute.Request{Client: client})
	if len(resp.Errors()) > 0 {
		return nil, fmt.Errorf("running the operation: %+v", resp.Errors()[0])
	}
	return &script{stages: client.stages(p, address), response: resp.Bytes()}, nil
}

// stages orders the requests: a fetch's stage is one more than the highest of those that it depends on.
func (r *recorder) stages(p *plan.Plan, address string) [][]request {
	var stages [][]request
	level := make([]int, len(p.Fetches))
	for i, f := range p.Fetches {
		for _, before := range f.DependsOn {
			level[i] = max(level[i], level[before]+1)
		}
		for len(stages) <= level[i] {
			stages = append(stages, nil)
		}
		key := f.Subgraph + " " + f.Document
		body := r.requests[key][0]
		r.requests[key] = r.requests[key][1:]
		stages[level[i]] = append(stages[level[i]], request{url: "http://" + address + "/" + f.Subgraph, body: body})
	}
	return stages
}

// handWritten makes the script's requests with net/http, reads the answers and writes the response.
type handWritten struct {
	*script
	client *http.Client
	flight *singleflight.Group // nil when operations are not shared
}

func serveHandWritten(s settings) error {
	sc, err := record(s.subgraphs)
	if err != nil {
		return err
	}
	h := &handWritten{script: sc, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}}}
	if s.deduplicate {
		h.flight = &singleflight.Group{}
	}
	return serve(h)
}

func (h *handWritten) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if h.flight == nil {
		err = h.ask()
	} else {
		_, err, _ = h.flight.Do(string(body), func() (any, error) { return nil, h.ask() })
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(h.response)))
	_, _ = w.Write(h.response)
}

func (h *handWritten) ask() error {
	for _, stage := range h.stages {
		errs := make([]error, len(stage))
		var wg sync.WaitGroup
		for i, req := range stage[1:] {
			wg.Go(func() { errs[i+1] = h.send(req) })
		}
		errs[0] = h.send(stage[0])
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *handWritten) send(req request) error {
	resp, err := h.client.Post(req.url, "application/json", bytes.NewReader(req.body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body := make([]byte, resp.ContentLength)
	_, err = io.ReadFull(resp.Body, body)
	return err
}
