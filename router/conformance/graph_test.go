package conformance_test

import (
	"testing"

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
	servers []*testsubgraph.Running
	plan    string // the last one, for people
}

func startGraph(t *testing.T, sdls map[string]string, table *testsubgraph.Table, resolvers map[string]testsubgraph.Resolver) *graph {
	t.Helper()
	return newGraph(t, testsubgraph.Start(t, sdls, table, resolvers))
}

func newGraph(t *testing.T, servers []*testsubgraph.Running) *graph {
	t.Helper()
	g := &graph{servers: servers}
	config := upstream.Config{Subgraphs: map[string]upstream.Subgraph{}}
	var inputs []compose.Subgraph
	for _, s := range servers {
		config.Subgraphs[s.Name] = upstream.Subgraph{URL: s.URL}
		inputs = append(inputs, compose.Subgraph{Name: s.Name, URL: s.URL, SDL: s.SDL})
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

func (g *graph) requests() int { return testsubgraph.Requests(g.servers) }

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
