package plan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"devportal.internal/router/compose"
	"devportal.internal/router/internal/processor"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

const link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\", \"@shareable\", \"@external\", \"@requires\"])\n"

// wide is an interface with many implementations that many subgraphs add to, asked for level after level.
func wide(types, subgraphs, depth int) ([]compose.Subgraph, string) {
	var list []compose.Subgraph
	for s := range subgraphs {
		var out strings.Builder
		out.WriteString(link)
		if s == 0 {
			out.WriteString("type Query { all: [I] }\n interface I { id: ID! next: I }\n")
		}
		for i := range types {
			if s == 0 {
				fmt.Fprintf(&out, "type T%d implements I @key(fields: \"id\") { id: ID! next: I own%d: String }\n", i, i)
			} else {
				fmt.Fprintf(&out, "type T%d @key(fields: \"id\") { id: ID! f%d_%d: String }\n", i, s, i)
			}
		}
		list = append(list, compose.Subgraph{Name: fmt.Sprintf("s%d", s), URL: "http://s", SDL: out.String()})
	}
	var level strings.Builder
	level.WriteString("__typename id")
	for i := range types {
		fmt.Fprintf(&level, " ...on T%d{own%d f%d_%d}", i, i, 1+i%(subgraphs-1), i)
	}
	query := level.String()
	for range depth {
		query = level.String() + " next{" + query + "}"
	}
	return list, "{all{" + query + "}}"
}

// shared is one entity whose fields all subgraphs resolve, each with a part of its own, nested deeply.
func shared(subgraphs, fields, depth int) ([]compose.Subgraph, string) {
	var list []compose.Subgraph
	for s := range subgraphs {
		var out strings.Builder
		out.WriteString(link + "type Query { e: E @shareable }\n type E @key(fields: \"id\") { id: ID!")
		for f := range fields {
			fmt.Fprintf(&out, " n%d: E @shareable", f)
		}
		fmt.Fprintf(&out, " own%d: String }\n", s)
		list = append(list, compose.Subgraph{Name: fmt.Sprintf("s%d", s), URL: "http://s", SDL: out.String()})
	}
	query := "id"
	for d := range depth {
		inner := query
		query = fmt.Sprintf("own%d own%d", d%subgraphs, (d+1)%subgraphs)
		for f := range min(fields, 2) {
			query += fmt.Sprintf(" n%d{%s}", f, inner)
		}
	}
	return list, "{e{" + query + "}}"
}

// chained is the supergraph of an entity that subgraphs know by keys which lead from one to the next only.
func chained(subgraphs int) (sdl, query string) {
	var graphs, types, fields strings.Builder
	for s := range subgraphs {
		fmt.Fprintf(&graphs, " G%d @join__graph(name: \"s%02d\", url: \"http://s\")", s, s)
		fmt.Fprintf(&types, " @join__type(graph: G%d, key: \"k%d\") @join__type(graph: G%d, key: \"k%d\")", s, s, s, s+1)
		fmt.Fprintf(&fields, " own%d: String @join__field(graph: G%d)", s, s)
		query += fmt.Sprintf(" own%d", s)
	}
	for k := range subgraphs + 1 {
		fmt.Fprintf(&fields, " k%d: ID!", k)
		for _, s := range []int{k - 1, k} {
			if s >= 0 && s < subgraphs {
				fmt.Fprintf(&fields, " @join__field(graph: G%d)", s)
			}
		}
	}
	return "schema @link(url: \"https://specs.apollo.dev/join/v0.3\", for: EXECUTION) { query: Query }\n" +
		"enum join__Graph {" + graphs.String() + " }\n" +
		"type Query @join__type(graph: G0) { e: E @join__field(graph: G0) }\n" +
		"type E" + types.String() + " {" + fields.String() + " }\n", "{e{" + query + "}}"
}

// TestWorstCasesEnd plans what is hard on purpose: each ends with a plan or with a clear error, soon after the deadline.
func TestWorstCasesEnd(t *testing.T) {
	t.Parallel()
	t.Run("a wide interface at many levels", func(t *testing.T) {
		t.Parallel()
		subgraphs, query := wide(150, 6, 4)
		schema, _ := composed(t, subgraphs)
		mustEnd(t, schema, query)
	})
	t.Run("a field that everyone resolves, nested deeply", func(t *testing.T) {
		t.Parallel()
		subgraphs, query := shared(12, 4, 9)
		schema, _ := composed(t, subgraphs)
		mustEnd(t, schema, query)
	})
	t.Run("a long chain of keys", func(t *testing.T) {
		t.Parallel()
		sdl, query := chained(25)
		schema, err := supergraph.Load(sdl)
		if err != nil {
			t.Fatal(err)
		}
		mustEnd(t, schema, query)
	})
}

func mustEnd(t *testing.T, schema *supergraph.Schema, query string) {
	t.Helper()
	planner := plan.New(schema, plan.Options{Deadline: time.Second})
	op := normalise(t, schema, query, nil)
	start := time.Now()
	p, err := planner.Plan(context.Background(), op)
	elapsed := time.Since(start)
	var clear *plan.Error
	switch {
	case err == nil:
		t.Logf("%d requests in %v", len(p.Fetches), elapsed)
	case errors.As(err, &clear):
		t.Logf("%s after %v: %s", clear.Code, elapsed, clear.Message)
	default:
		t.Error(err)
	}
	if elapsed > processor.Allowed(5*time.Second) {
		t.Errorf("took %v", elapsed)
	}
}
