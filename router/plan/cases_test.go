package plan_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

// suite is one suite of federation-cases.json.
type suite struct {
	ID        string
	Subgraphs []struct{ Name, SDL string }
	Tests     []struct {
		Query       string
		BestFetches int
	}
}

func load(t testing.TB) []suite {
	b, err := os.ReadFile("/work/shared/data/federation-cases.json")
	if err != nil {
		t.Skip("no cases")
	}
	var suites []suite
	if err := json.Unmarshal(b, &suites); err != nil {
		t.Fatal(err)
	}
	return suites
}

func TestCases(t *testing.T) {
	for _, s := range load(t) {
		sdl, _ := os.ReadFile(filepath.Join("/tmp/sg", s.ID+".graphql"))
		schema, err := supergraph.Load(string(sdl))
		if err != nil {
			t.Fatal(err)
		}
		schemas := map[string]*ast.Schema{}
		for _, sub := range s.Subgraphs {
			schemas[sub.Name] = subgraphSchema(t, sub.SDL)
		}
		planner := plan.New(schema, plan.Options{})
		for i, c := range s.Tests {
			t.Run(fmt.Sprintf("%s %d", s.ID, i), func(t *testing.T) {
				doc, err := operation.Parse(schema, c.Query, operation.Options{})
				if err != nil {
					if c.BestFetches != 0 {
						t.Fatal(err)
					}
					return
				}
				op, _ := doc.Operation("")
				vars, err := op.CoerceVariables(nil)
				if err != nil {
					t.Fatal(err)
				}
				n, err := op.Normalise(vars)
				if err != nil {
					t.Fatal(err)
				}
				p, err := planner.Plan(context.Background(), n)
				if err != nil {
					t.Fatal(err)
				}
				if os.Getenv("SHOW") != "" {
					t.Log(c.Query, plan.Text(p))
				}
				if len(p.Fetches) > c.BestFetches {
					t.Errorf("%d fetches, best %d\n%s\n%s", len(p.Fetches), c.BestFetches, c.Query, plan.Text(p))
				}
				for _, f := range p.Fetches {
					mustBeValid(t, schemas[f.Subgraph], f.Document)
				}
			})
		}
	}
}
