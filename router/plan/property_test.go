package plan_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/compose"
	"devportal.internal/router/execute"
	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

// failedSeeds are splits that failed once: 208593 has a deferred part below a value type in a list, which was to be asked
// by a key that it does not have; 20279979 and 20296457 have two deferred parts beside one another, of which the second was
// given no concrete types where only an interface object was known.
var failedSeeds = []int{208593, 20279979, 20296457}

// TestRandomSplits asks random operations of random schemas that are split at random: the answer is that of one server
// which has the whole schema. SPLITS is how many schemas are tried, SEED the first.
func TestRandomSplits(t *testing.T) {
	t.Parallel()
	n, first := 80, 1
	if text := os.Getenv("SPLITS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	if text := os.Getenv("SEED"); text != "" {
		first, _ = strconv.Atoi(text)
	}
	seeds := slices.Clone(failedSeeds)
	for seed := first; seed < first+n; seed++ {
		seeds = append(seeds, seed)
	}
	composed, failed, asked := 0, 0, 0
	for _, seed := range seeds {
		w := newWorld(uint64(seed))
		var subgraphs []compose.Subgraph
		for _, sub := range w.subs {
			subgraphs = append(subgraphs, compose.Subgraph{Name: sub.name, URL: "http://" + sub.name, SDL: w.sdl(sub)})
		}
		result, errs := compose.Compose(subgraphs, compose.Options{})
		if len(errs) > 0 {
			if os.Getenv("SHOW") != "" {
				t.Log(seed, errs[0])
			}
			continue
		}
		composed++
		schema, err := supergraph.Load(result.SupergraphSDL)
		if err != nil {
			t.Fatal(err)
		}
		planner := plan.New(schema, plan.Options{})
		servers := network{}
		for i, sub := range w.subs {
			servers[sub.name] = &resolver{world: w, schema: subgraphSchema(t, subgraphs[i].SDL), sub: sub}
		}
		random := rand.New(rand.NewPCG(uint64(seed), 2))
		for range 6 {
			query := randomOperation(random, schema.API)
			if _, errs := gqlparser.LoadQueryWithRules(schema.API, query, nil); len(errs) > 0 {
				continue
			}
			asked++
			if !answersAlike(t, seed, w, schema, planner, servers, subgraphs, query) {
				if failed++; failed > 3 {
					t.FailNow()
				}
				break
			}
		}
	}
	t.Logf("%d schemas composed, %d operations", composed, asked)
	if composed < n/3 {
		t.Errorf("only %d of %d splits compose", composed, n)
	}
}

func answersAlike(
	t *testing.T, seed int, w *world, schema *supergraph.Schema, planner *plan.Planner, servers network,
	subgraphs []compose.Subgraph, query string,
) bool {
	t.Helper()
	describe := func() string {
		var out strings.Builder
		fmt.Fprintf(&out, "seed %d\n", seed)
		for _, sub := range subgraphs {
			fmt.Fprintf(&out, "-- %s --\n%s", sub.Name, sub.SDL)
		}
		return out.String() + "\n" + query + "\n"
	}
	normalised := normalise(t, schema, query, nil)
	p, err := planner.Plan(context.Background(), normalised)
	if err != nil {
		t.Errorf("%v\n%s", err, describe())
		return false
	}
	again, _ := plan.New(schema, plan.Options{}).Plan(context.Background(), normalised)
	if plan.Text(again) != plan.Text(p) {
		t.Errorf("planned twice, differs\n%s", describe())
		return false
	}
	program, err := execute.New(p, execute.Options{})
	if err != nil {
		t.Errorf("%v\n%s%s", err, describe(), plan.Text(p))
		return false
	}
	got, err := run(program, servers)
	if err != nil {
		t.Errorf("%v\n%s", err, describe())
		return false
	}
	whole := &resolver{world: w, schema: schema.API}
	want := whole.answer(query, nil)
	var problems []string
	for _, server := range servers {
		problems = append(problems, server.problems...)
		server.problems = nil
	}
	var expected any
	if err := json.Unmarshal([]byte(text(want)), &expected); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expected, got); diff != "" || len(problems) > 0 {
		t.Errorf("%s\n%s\n%v\n%s", describe(), plan.Text(p), problems, diff)
		return false
	}
	return true
}

// run executes a plan, and puts the deferred parts where they belong.
func run(program *execute.Program, servers network) (any, error) {
	response, parts := program.ExecuteIncremental(context.Background(), &execute.Request{Client: servers})
	defer parts.Close()
	var answer struct{ Data any }
	if err := json.Unmarshal(response.Bytes(), &answer); err != nil {
		return nil, err
	}
	for more := program.Incremental(); more; {
		var list []execute.Part
		var err error
		if list, more, err = parts.Next(context.Background()); err != nil {
			return nil, err
		}
		for _, part := range list {
			var data map[string]any
			if err := json.Unmarshal(part.Data, &data); err != nil {
				return nil, err
			}
			at := answer.Data
			for _, step := range part.Path {
				if step.IsIndex {
					at = at.([]any)[step.Index]
				} else {
					at = at.(map[string]any)[step.Key]
				}
			}
			mergeInto(at.(map[string]any), data)
		}
	}
	return answer.Data, nil
}

func mergeInto(into, from map[string]any) {
	for key, v := range from {
		into[key] = merged(into[key], v)
	}
}

func merged(x, y any) any {
	switch x := x.(type) {
	case map[string]any:
		if y, ok := y.(map[string]any); ok {
			mergeInto(x, y)
		}
		return x
	case []any:
		for i := range x {
			x[i] = merged(x[i], y.([]any)[i])
		}
		return x
	case nil:
		return y
	}
	return x
}

func normalise(t testing.TB, schema *supergraph.Schema, query string, variables []byte) *operation.Normalised {
	t.Helper()
	doc, err := operation.Parse(schema, query, operation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatal(err)
	}
	values, err := op.CoerceVariables(variables)
	if err != nil {
		t.Fatal(err)
	}
	normalised, err := op.Normalise(values)
	if err != nil {
		t.Fatal(err)
	}
	return normalised
}

// randomOperation is a random query, not always a valid one.
func randomOperation(random *rand.Rand, schema *ast.Schema) string {
	return "{" + randomSelections(random, schema, schema.Query, 4) + "}"
}

func randomSelections(random *rand.Rand, schema *ast.Schema, t *ast.Definition, depth int) string {
	var out strings.Builder
	for range 1 + random.IntN(4) {
		switch {
		case random.IntN(8) == 0 || len(t.Fields) == 0:
			out.WriteString([]string{" __typename", " t:__typename"}[random.IntN(2)])
		case random.IntN(20) == 0 && depth > 0:
			fmt.Fprintf(&out, " ...@defer{%s}", randomSelections(random, schema, t, depth-1))
		case random.IntN(4) == 0 && t != schema.Query && depth > 0:
			possible := append(schema.GetPossibleTypes(t), schema.GetImplements(t)...)
			inner := possible[random.IntN(len(possible))]
			fmt.Fprintf(&out, " ...on %s{%s}", inner.Name, randomSelections(random, schema, inner, depth-1))
		default:
			out.WriteString(randomField(random, schema, t, depth))
		}
	}
	return out.String()
}

func randomField(random *rand.Rand, schema *ast.Schema, t *ast.Definition, depth int) string {
	f := t.Fields[random.IntN(len(t.Fields))]
	if strings.HasPrefix(f.Name, "__") {
		return " __typename"
	}
	text := " " + f.Name
	switch random.IntN(6) {
	case 0:
		text = " a" + strconv.Itoa(random.IntN(3)) + ":" + f.Name
	case 1:
		text = " " + t.Fields[random.IntN(len(t.Fields))].Name + ":" + f.Name
	}
	if strings.HasSuffix(text, "__schema:"+f.Name) || strings.HasSuffix(text, "__type:"+f.Name) {
		text = " " + f.Name
	}
	if f.Arguments.ForName("x") != nil && random.IntN(3) > 0 {
		text += "(x:" + strconv.Itoa(random.IntN(3)) + ")"
	}
	inner := schema.Types[f.Type.Name()]
	if !inner.IsCompositeType() {
		return text
	}
	if depth <= 0 {
		return text + "{__typename}"
	}
	return text + "{" + randomSelections(random, schema, inner, depth-1) + "}"
}
