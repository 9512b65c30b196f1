package plan_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/compose"
	"devportal.internal/router/internal/cases"
	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

// composed is the supergraph of subgraphs, and each subgraph's own executable schema.
func composed(t testing.TB, subgraphs []compose.Subgraph) (*supergraph.Schema, map[string]*ast.Schema) {
	t.Helper()
	result, errs := compose.Compose(subgraphs, compose.Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	schema, err := supergraph.Load(result.SupergraphSDL)
	if err != nil {
		t.Fatal(err)
	}
	schemas := map[string]*ast.Schema{}
	for _, sub := range subgraphs {
		schemas[sub.Name] = subgraphSchema(t, sub.SDL)
	}
	return schema, schemas
}

// TestCases plans the audit's operations: none needs more requests than the best existing router, what is invalid is
// refused, and each fetch is valid in its subgraph.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, s := range cases.Suites(t) {
		schema, schemas := composed(t, s.Subgraphs)
		planner := plan.New(schema, plan.Options{})
		for i, c := range s.Tests {
			t.Run(fmt.Sprintf("%s %d", s.ID, i), func(t *testing.T) {
				t.Parallel()
				if c.BestFetches == 0 {
					if _, err := operation.Parse(schema, c.Query, operation.Options{}); err == nil {
						t.Errorf("is not refused:\n%s", c.Query)
					}
					return
				}
				p, err := planner.Plan(context.Background(), normalise(t, schema, c.Query, nil))
				if err != nil {
					t.Fatal(err)
				}
				if len(p.Fetches) > c.BestFetches {
					t.Errorf("%d requests, best %d\n%s\n%s", len(p.Fetches), c.BestFetches, c.Query, plan.Text(p))
				}
				for _, fetch := range p.Fetches {
					mustBeValid(t, schemas[fetch.Subgraph], fetch.Document)
				}
			})
		}
	}
}

// BenchmarkCases plans each of the audit's operations once an iteration.
func BenchmarkCases(b *testing.B) {
	var planners []*plan.Planner
	var operations []*operation.Normalised
	for _, s := range cases.Suites(b) {
		schema, _ := composed(b, s.Subgraphs)
		planner := plan.New(schema, plan.Options{})
		for _, c := range s.Tests {
			if c.BestFetches > 0 {
				planners, operations = append(planners, planner), append(operations, normalise(b, schema, c.Query, nil))
			}
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		for i, op := range operations {
			if _, err := planners[i].Plan(context.Background(), op); err != nil {
				b.Fatal(err)
			}
		}
	}
}
