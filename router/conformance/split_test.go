package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"devportal.internal/router/compose"
	"devportal.internal/router/execute"
	"devportal.internal/router/internal/testsubgraph"
	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
	"devportal.internal/router/upstream"
)

// operationsOfWorld is how many operations each random schema is asked.
const operationsOfWorld = 20

// TestSplitAnswersAsOneServer splits a random schema at random into subgraphs, and asks the router over them, and one
// server that has the whole schema, the same random operations.
func TestSplitAnswersAsOneServer(t *testing.T) {
	t.Parallel()
	worlds, composed, asked := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		worlds++
		w := drawWorld(t, false)
		s := split(t, w)
		if s == nil {
			return
		}
		composed++
		for range operationsOfWorld {
			if s.ask(t, (&drawer{t: t, w: w}).drawOperation(s.schema.API)) {
				asked++
			}
		}
	})
	t.Logf("%d worlds, %d compose, %d operations asked", worlds, composed, asked)
}

// splitWorld is a world that runs twice.
type splitWorld struct {
	schema  *supergraph.Schema
	planner *plan.Planner
	sdls    map[string]string
	parts   inProcess
	whole   *testsubgraph.Server
	table   *testsubgraph.Table

	// calls count mutations: in the parts, and in the whole.
	calls [2]int
}

// inProcess reaches test subgraphs without HTTP.
type inProcess map[string]*testsubgraph.Server

func (p inProcess) Do(_ context.Context, req *upstream.Request) (*upstream.Response, error) {
	body, err := p[req.Subgraph].Answer(req.Body)
	if err != nil {
		return nil, err
	}
	return upstream.NewResponse(body), nil
}

// split starts a world; nil where its subgraphs do not compose, which random splits often do not.
func split(t *rapid.T, w *world) *splitWorld {
	s := &splitWorld{sdls: w.sdls(), parts: inProcess{}}
	var inputs []compose.Subgraph
	for _, name := range slices.Sorted(maps.Keys(s.sdls)) {
		inputs = append(inputs, compose.Subgraph{Name: name, URL: "http://" + name, SDL: s.sdls[name]})
	}
	result, errs := compose.Compose(inputs, compose.Options{})
	if len(errs) > 0 {
		for _, err := range errs {
			if err.Code != "SATISFIABILITY_ERROR" {
				t.Logf("%s: %s", err.Code, err.Message)
			}
		}
		return nil
	}
	schema, err := supergraph.Load(result.SupergraphSDL)
	if err != nil {
		t.Fatalf("loading: %v\n%s", err, s.sdls)
	}
	s.schema, s.planner = schema, plan.New(schema, plan.Options{OverrideLabels: w.labels()})
	table := (&drawer{t: t, w: w}).drawTable()
	s.table = table
	members := map[string][]string{}
	if w.iface != nil {
		for _, e := range w.iface.members {
			members["I"] = append(members["I"], e.name)
		}
	}
	for name, sdl := range s.sdls {
		s.parts[name] = newServer(t, testsubgraph.Config{Name: name, SDL: sdl, Table: table, Implementations: members, Resolvers: w.mutationResolvers(&s.calls[0])})
	}
	s.whole = newServer(t, testsubgraph.Config{Name: "whole", SDL: result.APISDL, Table: table, Resolvers: w.mutationResolvers(&s.calls[1])})
	return s
}

func newServer(t *rapid.T, c testsubgraph.Config) *testsubgraph.Server {
	server, err := testsubgraph.New(c)
	if err != nil {
		t.Fatalf("starting %s: %v\n%s", c.Name, err, c.SDL)
	}
	return server
}

// ask compares both answers to an operation. It returns false for an operation that is not valid.
func (s *splitWorld) ask(t *rapid.T, query string) bool {
	doc, err := operation.Parse(s.schema, query, operation.Options{})
	if err != nil {
		return false
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatal(err)
	}
	coerced, err := op.CoerceVariables(nil)
	if err != nil {
		t.Fatal(err)
	}
	normalised, err := op.Normalise(coerced)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.planner.Plan(context.Background(), normalised)
	if err != nil {
		t.Fatalf("planning: %v\n%s\n%s", err, query, s.text())
	}
	program, err := execute.New(p, execute.Options{MaxErrors: 1_000_000})
	if err != nil {
		t.Fatalf("compiling: %v\n%s\n%s\n%s", err, query, plan.Text(p), s.text())
	}
	vars := execute.Variables{}
	for _, name := range coerced.Names() {
		vars[name], _ = coerced.JSON(name)
	}
	s.calls = [2]int{}
	req := &execute.Request{Client: s.parts, Variables: vars}
	if strings.HasPrefix(query, "subscription") {
		s.compareEvents(t, query, program, req, p)
		return true
	}
	if program.Incremental() {
		s.compareParts(t, query, program, req, p)
		return true
	}
	resp := program.Execute(context.Background(), req)
	s.compare(t, query, resp.Bytes(), p)
	resp.Release()
	return true
}

// compareEvents compares what becomes of each event of a subscription.
func (s *splitWorld) compareEvents(t *rapid.T, query string, program *execute.Program, req *execute.Request, p *plan.Plan) {
	want, err := s.whole.Events(asRequest(t, query))
	if err != nil {
		t.Fatal(err)
	}
	trigger := program.Trigger(req)
	events, err := s.parts[trigger.Subgraph].Events(trigger.Body)
	if err != nil || len(events) != len(want) {
		t.Fatalf("%d events, want %d: %v\n%s\n%s\n%s", len(events), len(want), err, query, plan.Text(p), s.text())
	}
	for i, event := range events {
		resp := program.Event(context.Background(), req, event)
		s.compareAnswers(t, query, want[i], resp.Bytes(), p)
		resp.Release()
	}
}

// compareParts compares what the parts of an answer add up to. Null propagates no further than the part that it is in, so
// that only what has no errors is the same.
func (s *splitWorld) compareParts(t *rapid.T, query string, program *execute.Program, req *execute.Request, p *plan.Plan) {
	first, parts := program.ExecuteIncremental(context.Background(), req)
	defer parts.Close()
	got := decoded(t, first.Bytes())
	want, err := s.whole.Answer(asRequest(t, query))
	if err != nil {
		t.Fatal(err)
	}
	one := decoded(t, want)
	for more := true; more; {
		var list []execute.Part
		if list, more, err = parts.Next(context.Background()); err != nil {
			t.Fatalf("%v\n%s\n%s\n%s", err, query, plan.Text(p), s.text())
		}
		for _, part := range list {
			if len(one.Errors) == 0 {
				graft(t, got.Data, part)
			}
		}
	}
	if problem := cmp.Diff(one.Data, got.Data); len(one.Errors) == 0 && problem != "" {
		t.Fatalf("one server and the router's parts differ:\n%s\n%s\n%s\n%s\n%s", problem, query, plan.Text(p), want, s.text())
	}
}

func asRequest(t *rapid.T, query string) []byte {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func (s *splitWorld) compare(t *rapid.T, query string, got []byte, p *plan.Plan) {
	want, err := s.whole.Answer(asRequest(t, query))
	if err != nil {
		t.Fatal(err)
	}
	s.compareAnswers(t, query, want, got, p)
}

func (s *splitWorld) compareAnswers(t *rapid.T, query string, want, got []byte, p *plan.Plan) {
	one, router := decoded(t, want), decoded(t, got)
	problem := cmp.Diff(one.Data, router.Data)
	if problem == "" && !bytes.Equal(one.Text, router.Text) {
		problem = "the order of the members differs"
	}
	if problem == "" && (len(one.Errors) > 0) != (len(router.Errors) > 0) {
		problem = fmt.Sprintf("one server has errors %v, the router %v", one.Errors, router.Errors)
	}
	for _, e := range router.Errors {
		if problem == "" && len(e.Path) > 0 && !leadsToNull(router.Data, e.Path) {
			problem = fmt.Sprintf("the path of error %v does not lead to null", e)
		}
	}
	for _, e := range one.Errors {
		if problem == "" && !slices.ContainsFunc(router.Errors, func(r reported) bool { return related(toNull(one.Data, e.Path), r.Path) }) {
			problem = fmt.Sprintf("the router does not report %v", e)
		}
	}
	if problem != "" {
		t.Fatalf("one server and the router differ:\n%s\n%s\n%s\n%s\n%s\n%s", problem, query, plan.Text(p), want, got, s.text())
	}
}

// response is a decoded response.
type response struct {
	Text   json.RawMessage `json:"data"`
	Data   any             `json:"-"`
	Errors []reported
}

type reported struct {
	Message string
	Path    []any
}

func decoded(t *rapid.T, body []byte) response {
	var r response
	if err := errors.Join(json.Unmarshal(body, &r), json.Unmarshal(r.Text, &r.Data)); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return r
}

// leadsToNull says that there is null in data at path, or on the way.
func leadsToNull(data any, path []any) bool {
	for _, element := range path {
		if data == nil {
			return true
		}
		data = member(data, element)
	}
	return data == nil
}

// toNull is the beginning of path that leads to the null in data.
func toNull(data any, path []any) []any {
	for i, element := range path {
		if data == nil {
			return path[:i]
		}
		data = member(data, element)
	}
	return path
}

func member(data, element any) any {
	switch at := data.(type) {
	case map[string]any:
		key, _ := element.(string)
		return at[key]
	case []any:
		i, _ := element.(float64)
		return at[int(i)]
	default:
		return nil
	}
}

// related says that one path is the beginning of the other: where null propagates, either error explains it.
func related(x, y []any) bool {
	n := min(len(x), len(y))
	return slices.Equal(x[:n], y[:n])
}

func (s *splitWorld) text() string {
	out := ""
	for _, name := range slices.Sorted(maps.Keys(s.sdls)) {
		out += fmt.Sprintf("--- %s\n%s\n", name, s.sdls[name])
	}
	return out
}
