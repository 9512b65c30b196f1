package conformance_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/internal/testsubgraph"
)

// TestQueryBelowTheRoot asks fields whose type is Query: what they select is asked of whoever has it.
func TestQueryBelowTheRoot(t *testing.T) {
	t.Parallel()
	sdls := map[string]string{
		"a": federationLink + `type Query { a: Int deep: Deep none: Deep p: P } type Deep { query: Query! list: [[Query]] }
			type Mutation { change: Payload second: Payload } type Payload { query: Query done: Boolean } type P @key(fields: "id") { id: ID! }`,
		"b": federationLink + `type Query { b(n: Int): Int bad: Int! products: [P] } type P @key(fields: "id") { id: ID! query: Query }
			type Mutation { third: Third } type Third { query: Query! }`,
		"c": federationLink + `type P @key(fields: "id") { id: ID! name: String }`,
	}
	table, err := testsubgraph.ReadTable([]byte(`{
		"objects": {"p1": {"__typename": "P", "id": "1", "name": "one", "query": {}}, "p2": {"__typename": "P", "id": "2", "name": "two", "query": {}}},
		"roots": {
			"Query": {"a": 1, "b": {"$argument": "n"}, "bad": {"$error": "bad"}, "deep": {"query": {}, "list": [[{}, null], [], [{}]]}, "none": null,
				"products": [{"$ref": "p1"}, {"$ref": "p2"}], "p": {"$ref": "p1"}},
			"Mutation": {"change": {"query": {}, "done": true}, "second": {"query": null, "done": false}, "third": {"query": {}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, query, want string
		requests          int
	}{
		{"another subgraph's fields", `{ deep { query { a b(n: 2) } } }`, `{"data":{"deep":{"query":{"a":1,"b":2}}}}`, 2},
		{"its type", `{ deep { query { __typename } } }`, `{"data":{"deep":{"query":{"__typename":"Query"}}}}`, 1},
		{
			"lists of it get the same everywhere, each with objects of its own", `{ deep { list { b(n: 3) products { name } } } }`,
			`{"data":{"deep":{"list":[[{"b":3,"products":[{"name":"one"},{"name":"two"}]},null],[],[{"b":3,"products":[{"name":"one"},{"name":"two"}]}]]}}}`, 3,
		},
		{"nobody is asked for the sake of null", `{ none { query { b } } }`, `{"data":{"none":null}}`, 1},
		{
			"an error is where the field is", `{ deep { list { bad } } }`,
			`{"errors":[{"message":"bad","path":["deep","list",0,0,"bad"]},{"message":"bad","path":["deep","list",2,0,"bad"]}],"data":{"deep":{"list":[[null,null],[],[null]]}}}`, 2,
		},
		{
			"it nests, and leads out of entities", `{ p { query { deep { query { b(n: 4) } } a } } }`,
			`{"data":{"p":{"query":{"deep":{"query":{"b":4}},"a":1}}}}`, 4,
		},
		{
			"it is asked after the mutation", `mutation { change { done query { a b(n: 1) products { name } } } }`,
			`{"data":{"change":{"done":true,"query":{"a":1,"b":1,"products":[{"name":"one"},{"name":"two"}]}}}}`, 3,
		},
		{
			"a mutation's fields wait for it", `mutation { change { query { b(n: 1) } } third { query { a b(n: 2) } } second { done query { b } } }`,
			`{"data":{"change":{"query":{"b":1}},"third":{"query":{"a":1,"b":2}},"second":{"done":false,"query":null}}}`, 5,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := startGraph(t, sdls, table, nil)
			if diff := cmp.Diff(c.want, string(g.answer(t, c.query))); diff != "" {
				t.Errorf("%s\n%s", diff, g.plan)
			}
			if n := g.requests(); n > c.requests {
				t.Errorf("%d requests, want %d\n%s", n, c.requests, g.plan)
			}
		})
	}
}
