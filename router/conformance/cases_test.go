package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"devportal.internal/router/internal/testsubgraph"
)

// suite is one suite of federation-cases.json.
type suite struct {
	ID        string
	Subgraphs []struct{ Name, SDL string }
	Tests     []struct {
		Query       string
		Expected    expected
		BestFetches int
	}
}

type expected struct {
	Data   json.RawMessage
	Errors *bool
}

func suites(t *testing.T) []suite {
	t.Helper()
	source, err := os.ReadFile(sharedData(t, "federation-cases.json"))
	if err != nil {
		t.Skipf("no federation cases: %v", err)
	}
	var s []suite
	if err := json.Unmarshal(source, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// sharedData finds ../shared/data beside the checkout.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skipf("%s is not beside the checkout", name)
	return ""
}

// TestCases asks every operation of the cases over real HTTP and compares the data deeply, and how many requests the
// subgraphs got with the fewest that any other router needs.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, s := range suites(t) {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			g := startSuite(t, s)
			for i, c := range s.Tests {
				t.Run(fmt.Sprintf("case %d", i), func(t *testing.T) {
					before := g.requests()
					body := g.answer(t, c.Query)
					compare(t, c.Query, c.Expected, body)
					if n := g.requests() - before; n > c.BestFetches {
						t.Errorf("%d requests, best %d\n%s", n, c.BestFetches, g.plan)
					}
					if t.Failed() {
						t.Logf("%s\n%s\n%s", c.Query, body, g.plan)
					}
				})
			}
		})
	}
}

func startSuite(t *testing.T, s suite) *graph {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", s.ID+".json"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := testsubgraph.ReadTable(source)
	if err != nil {
		t.Fatal(err)
	}
	sdls := map[string]string{}
	for _, sub := range s.Subgraphs {
		sdls[sub.Name] = sub.SDL
	}
	return startGraph(t, sdls, table, arithmetic())
}

// arithmetic are the mutations of the suite "mutations", whose answers depend on their order.
func arithmetic() map[string]testsubgraph.Resolver {
	total := int64(0)
	number := func(v any) int64 {
		n, _ := json.Number(fmt.Sprint(v)).Int64()
		return n
	}
	return map[string]testsubgraph.Resolver{
		"Mutation.add":      func(args map[string]any) any { total += number(args["num"]); return total },
		"Mutation.multiply": func(args map[string]any) any { total *= number(args["by"]); return total },
		"Mutation.delete": func(map[string]any) any {
			last := total
			total = 0
			return last
		},
	}
}
