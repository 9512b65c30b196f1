package conformance_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/execute"
	"devportal.internal/router/internal/testsubgraph"
	"devportal.internal/router/upstream"
)

const shopTable = `{
  "objects": {
    "p1": {"__typename": "Product", "id": "p1", "name": "Chair", "stock": 3, "reviews": [{"$ref": "r1"}]},
    "p2": {"__typename": "Product", "id": "p2", "name": "Table", "stock": {"$error": "no stock"}, "reviews": []},
    "r1": {"__typename": "Review", "id": "r1", "text": "good", "product": {"$ref": "p1"}}
  },
  "roots": {
    "Query": {"products": [{"$ref": "p1"}, {"$ref": "p2"}]},
    "Subscription": {"changed": [{"$ref": "p1"}, null, {"$ref": "p2"}]}
  }
}`

func shop(t *testing.T) *graph {
	t.Helper()
	table, err := testsubgraph.ReadTable([]byte(shopTable))
	if err != nil {
		t.Fatal(err)
	}
	return startGraph(t, map[string]string{
		"products": federationLink + `type Query { products: [Product] } type Subscription { changed: Product }
			type Product @key(fields: "id") { id: ID! name: String }`,
		"stock": federationLink + `type Product @key(fields: "id") { id: ID! stock: Int }`,
		"reviews": federationLink + `type Product @key(fields: "id") { id: ID! reviews: [Review!] }
			type Review @key(fields: "id") { id: ID! text: String product: Product }`,
	}, table, nil)
}

func TestSubscriptionEventsAreCompletedFromOtherSubgraphs(t *testing.T) {
	t.Parallel()
	g := shop(t)
	program, vars, err := g.prepare(t, `subscription { changed { name stock } }`)
	if err != nil {
		t.Fatal(err)
	}
	streamer, ok := g.client.(upstream.Streamer)
	if !ok {
		t.Fatal("the client does not stream")
	}
	req := &execute.Request{Client: g.client, Variables: vars}
	stream, err := streamer.Subscribe(t.Context(), program.Trigger(req))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	var got []string
	for {
		event, err := stream.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(program.Event(t.Context(), req, event).Bytes()))
	}
	want := []string{
		`{"data":{"changed":{"name":"Chair","stock":3}}}`,
		`{"data":{"changed":null}}`,
		`{"errors":[{"message":"no stock","path":["changed","stock"]}],"data":{"changed":{"name":"Table","stock":null}}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDeferredPartsAddUpToTheWholeAnswer asks with @defer and without.
func TestDeferredPartsAddUpToTheWholeAnswer(t *testing.T) {
	t.Parallel()
	g := shop(t)
	for _, query := range []string{
		`{ products { name ... @defer { stock } } }`,
		`{ products { name ... @defer(label: "a") { stock reviews { text ... @defer(label: "b") { product { stock name } } } } } }`,
		`{ ... @defer { products { id reviews { id ... @defer { text } } } } }`,
		`{ products { ... @defer { name } ... @defer { stock } reviews { product { ... @defer { stock } } } } }`,
	} {
		whole := tree(t, g.answer(t, strings.NewReplacer(`@defer(label: "a")`, "", `@defer(label: "b")`, "", "@defer", "").Replace(query)))
		program, vars, err := g.prepare(t, query)
		if err != nil {
			t.Fatal(err)
		}
		if !program.Incremental() {
			t.Errorf("%s is not answered in parts", query)
		}
		first, parts := program.ExecuteIncremental(t.Context(), &execute.Request{Client: g.client, Variables: vars})
		data := tree(t, first.Bytes())
		for more := true; more; {
			var list []execute.Part
			if list, more, err = parts.Next(t.Context()); err != nil {
				t.Fatalf("%s: %v\n%s", query, err, g.plan)
			}
			for _, p := range list {
				graft(t, data, p)
			}
		}
		parts.Close()
		if diff := cmp.Diff(whole, data); diff != "" {
			t.Errorf("%s:\n%s\n%s", query, diff, g.plan)
		}
	}
}

func tree(t *testing.T, body []byte) any {
	t.Helper()
	var r struct{ Data any }
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	return r.Data
}

// fataler is *testing.T or *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// graft adds a part's fields to the object at its path.
func graft(t fataler, data any, p execute.Part) {
	t.Helper()
	for _, element := range p.Path {
		if element.IsIndex {
			data = member(data, float64(element.Index))
		} else {
			data = member(data, element.Key)
		}
	}
	object, ok := data.(map[string]any)
	if !ok {
		t.Fatalf("part %s at %v is for no object", p.Data, p.Path)
	}
	var fields map[string]any
	if err := json.Unmarshal(p.Data, &fields); err != nil {
		t.Fatalf("%v", err)
	}
	merge(object, fields)
}

func merge(into, from map[string]any) {
	for key, value := range from {
		into[key] = merged(into[key], value)
	}
}

// merged joins the parts of a list item by item.
func merged(x, y any) any {
	switch x := x.(type) {
	case map[string]any:
		if y, ok := y.(map[string]any); ok {
			merge(x, y)
			return x
		}
	case []any:
		if y, ok := y.([]any); ok && len(x) == len(y) {
			for i := range x {
				x[i] = merged(x[i], y[i])
			}
			return x
		}
	}
	return y
}
