package conformance_test

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"devportal.internal/router/compose"
	"devportal.internal/router/execute"
	"devportal.internal/router/internal/testsubgraph"
	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
	"devportal.internal/router/upstream"
)

// graph is a supergraph over running test subgraphs.
type graph struct {
	schema  *supergraph.Schema
	planner *plan.Planner
	client  upstream.Client
	servers []*testsubgraph.Server
	plan    string // the last one, for people
}

func startGraph(t *testing.T, sdls map[string]string, table *testsubgraph.Table, resolvers map[string]testsubgraph.Resolver) *graph {
	t.Helper()
	g := &graph{}
	config := upstream.Config{Subgraphs: map[string]upstream.Subgraph{}}
	var inputs []compose.Subgraph
	for _, name := range slices.Sorted(maps.Keys(sdls)) {
		server, err := testsubgraph.New(testsubgraph.Config{
			Name: name, SDL: sdls[name], Table: table, Implementations: implementations(t, sdls), Resolvers: resolvers,
		})
		if err != nil {
			t.Fatal(err)
		}
		listener := httptest.NewServer(server)
		t.Cleanup(listener.Close)
		g.servers = append(g.servers, server)
		config.Subgraphs[name] = upstream.Subgraph{URL: listener.URL}
		inputs = append(inputs, compose.Subgraph{Name: name, URL: listener.URL, SDL: sdls[name]})
	}
	g.compose(t, inputs)
	set, err := upstream.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	g.client = set
	return g
}

func (g *graph) compose(t *testing.T, inputs []compose.Subgraph) {
	t.Helper()
	result, errs := compose.Compose(inputs, compose.Options{})
	for _, err := range errs {
		t.Errorf("composing: %v", err)
	}
	if result == nil {
		t.FailNow()
	}
	schema, err := supergraph.Load(result.SupergraphSDL)
	if err != nil {
		t.Fatal(err)
	}
	g.schema, g.planner = schema, plan.New(schema, plan.Options{})
}

// implementations are the object types of each interface, in any subgraph.
func implementations(t *testing.T, sdls map[string]string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, sdl := range sdls {
		doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
		if err != nil {
			t.Fatal(err)
		}
		for _, def := range append(doc.Definitions, doc.Extensions...) {
			for _, i := range def.Interfaces {
				out[i] = append(out[i], def.Name)
			}
		}
	}
	return out
}

func (g *graph) requests() int {
	n := 0
	for _, s := range g.servers {
		n += s.Requests()
	}
	return n
}

// answer runs an operation without variables, as a client would see it: an invalid one answers errors and null.
func (g *graph) answer(t *testing.T, query string) []byte {
	t.Helper()
	program, vars, err := g.prepare(t, query)
	if err != nil {
		return []byte(`{"errors":[{"message":"refused"}],"data":null}`)
	}
	resp := program.Execute(t.Context(), &execute.Request{Client: g.client, Variables: vars})
	defer resp.Release()
	return resp.Bytes()
}

func (g *graph) prepare(t *testing.T, query string) (*execute.Program, execute.Variables, error) {
	t.Helper()
	doc, err := operation.Parse(g.schema, query, operation.Options{})
	if err != nil {
		return nil, nil, err
	}
	op, err := doc.Operation("")
	if err != nil {
		return nil, nil, err
	}
	coerced, err := op.CoerceVariables(nil)
	if err != nil {
		return nil, nil, err
	}
	normalised, err := op.Normalise(coerced)
	if err != nil {
		return nil, nil, err
	}
	p, err := g.planner.Plan(t.Context(), normalised)
	if err != nil {
		t.Fatalf("planning: %v\n%s", err, query)
	}
	g.plan = plan.Text(p)
	program, err := execute.New(p, execute.Options{})
	if err != nil {
		t.Fatalf("compiling: %v\n%s\n%s", err, query, g.plan)
	}
	vars := execute.Variables{}
	for _, name := range coerced.Names() {
		vars[name], _ = coerced.JSON(name)
	}
	return program, vars, nil
}

func compare(t *testing.T, query string, want expected, body []byte) {
	t.Helper()
	var got struct {
		Data   any
		Errors []any
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if want.Errors != nil && *want.Errors != (len(got.Errors) > 0) {
		t.Errorf("errors: %v, want some: %t", got.Errors, *want.Errors)
	}
	if want.Data == nil {
		return
	}
	var data any
	if err := json.Unmarshal(want.Data, &data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data, got.Data); diff != "" {
		t.Errorf("data of %s:\n%s", query, diff)
	}
}
