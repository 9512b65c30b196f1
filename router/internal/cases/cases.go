// Package cases holds the federation cases for tests: suites of subgraphs with operations, the answers that they must get
// and the fewest requests to subgraphs that any router is known to need. Suites and answers are read from
// shared/data/federation-cases.json beside the checkout; the tables of objects that the subgraphs answer from are ours.
package cases

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/compose"
	"devportal.internal/router/internal/testsubgraph"
)

//go:embed tables/*.json
var tables embed.FS

// Suite is some subgraphs, and what is asked of them together.
type Suite struct {
	ID        string
	Subgraphs []compose.Subgraph
	Tests     []Case
}

// Case is one operation. BestFetches is 0 where it is invalid.
type Case struct {
	Query       string
	Expected    Expected
	BestFetches int
}

// Expected is an answer. Data is compared deeply where it is there; Errors says whether there must be some.
type Expected struct {
	Data   json.RawMessage
	Errors *bool
}

// Suites reads all suites; a test that has none beside its checkout is skipped.
func Suites(t testing.TB) []Suite {
	t.Helper()
	var list []Suite
	if err := json.Unmarshal(Shared(t, "federation-cases.json"), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// Shared reads a file of shared/data, which is looked for beside the checkout; without it the test is skipped.
func Shared(t testing.TB, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if content, err := os.ReadFile(filepath.Join(dir, "shared", "data", name)); err == nil {
			return content
		}
	}
	t.Skipf("shared/data/%s is not beside the checkout", name)
	return nil
}

// Start serves the suite's subgraphs until the test ends.
func (s *Suite) Start(t testing.TB) []*testsubgraph.Running {
	t.Helper()
	source, err := tables.ReadFile("tables/" + s.ID + ".json")
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
	return testsubgraph.Start(t, sdls, table, arithmetic())
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

// Check compares a response body with what the case expects.
func (c *Case) Check(t testing.TB, body []byte) {
	t.Helper()
	var got struct {
		Data   any
		Errors []any
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if want := c.Expected.Errors; want != nil && *want != (len(got.Errors) > 0) {
		t.Errorf("errors: %v, want some: %t", got.Errors, *want)
	}
	if c.Expected.Data == nil {
		return
	}
	var data any
	if err := json.Unmarshal(c.Expected.Data, &data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data, got.Data); diff != "" {
		t.Errorf("data of %s:\n%s", c.Query, diff)
	}
}
