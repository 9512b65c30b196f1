package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"devportal.internal/router/internal/cases"
	"devportal.internal/router/internal/testsubgraph"
)

// TestServe_answers_the_cases composes each suite and serves it as people do, and asks the process.
func TestServe_answers_the_cases(t *testing.T) {
	t.Parallel()
	for _, s := range cases.Suites(t) {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			subgraphs := s.Start(t)
			router := &served{t: t}
			router.start([]string{"--supergraph", composedOf(t, subgraphs)})
			for i := range s.Tests {
				c := &s.Tests[i]
				t.Run(fmt.Sprintf("case %d", i), func(t *testing.T) {
					before := testsubgraph.Requests(subgraphs)
					body, err := json.Marshal(map[string]string{"query": c.Query})
					if err != nil {
						t.Fatal(err)
					}
					c.Check(t, []byte(router.ask(string(body))))
					if n := testsubgraph.Requests(subgraphs) - before; n > c.BestFetches {
						t.Errorf("%d requests, best %d: %s", n, c.BestFetches, c.Query)
					}
				})
			}
		})
	}
}

// composedOf composes running subgraphs by the command.
func composedOf(t *testing.T, subgraphs []*testsubgraph.Running) string {
	t.Helper()
	folder := t.TempDir()
	var config strings.Builder
	config.WriteString("subgraphs:\n")
	for _, s := range subgraphs {
		write(t, folder, s.Name+".graphql", s.SDL)
		fmt.Fprintf(&config, "  %q: {routing_url: %q, schema: {file: %q}}\n", s.Name, s.URL, s.Name+".graphql")
	}
	out := filepath.Join(folder, "supergraph.graphql")
	if status, _, complaints := command(t, nil, "", "compose", "--config", write(t, folder, "supergraph.yaml", config.String()), "--out", out); status != 0 {
		t.Fatal(complaints)
	}
	return out
}
