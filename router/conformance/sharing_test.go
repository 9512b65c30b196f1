package conformance_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/internal/testsubgraph"
)

// TestEqualObjects asks for objects whose text in a subgraph's answer is the same. The router keeps them as one where it
// can; nobody may notice.
func TestEqualObjects(t *testing.T) {
	t.Parallel()
	sdls := map[string]string{
		"a": federationLink + `type Query { products: [Product] holders: [Holder] first: Holder second: Holder broken: [Broken] }
			type Product @key(fields: "id") { id: ID! price: Price @shareable same: E }
			type Price { currency: String @shareable }
			interface Holder { e: E } type Left implements Holder { e: E } type Right implements Holder { e: E }
			type Broken { e: E needed: Int! }
			type E @key(fields: "id") { id: ID! }`,
		"b": federationLink + `type Product @key(fields: "id") { id: ID! price: Price @shareable } type Price { amount: Int }
			type E @key(fields: "id") { id: ID! f(x: Int): Int bad: Int worse: Int! e: E }`,
	}
	table, err := testsubgraph.ReadTable([]byte(`{
		"objects": {
			"p1": {"__typename": "Product", "id": "1", "price": {"currency": "EUR", "amount": 1}, "same": {"$ref": "e1"}},
			"p2": {"__typename": "Product", "id": "2", "price": {"currency": "EUR", "amount": 2}, "same": {"$ref": "e1"}},
			"e1": {"__typename": "E", "id": "e", "f": {"$argument": "x"}, "bad": {"$error": "bad"}, "worse": {"$error": "worse"}, "e": {"$ref": "e1"}}},
		"roots": {"Query": {
			"products": [{"$ref": "p1"}, {"$ref": "p2"}],
			"holders": [{"__typename": "Left", "e": {"$ref": "e1"}}, {"__typename": "Right", "e": {"$ref": "e1"}}, {"__typename": "Left", "e": {"$ref": "e1"}}],
			"first": {"__typename": "Left", "e": {"$ref": "e1"}}, "second": {"__typename": "Left", "e": {"$ref": "e1"}},
			"broken": [{"e": {"$ref": "e1"}, "needed": null}, {"e": {"$ref": "e1"}, "needed": 1}, {"e": {"$ref": "e1"}, "needed": 2}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, query, want string }{
		{
			"what another subgraph adds to equal values belongs to each alone", `{ products { price { currency amount } } }`,
			`{"data":{"products":[{"price":{"currency":"EUR","amount":1}},{"price":{"currency":"EUR","amount":2}}]}}`,
		},
		{
			"an entity is completed everywhere", `{ products { id same { f(x: 7) e { e { f(x: 8) } } } } }`,
			`{"data":{"products":[{"id":"1","same":{"f":7,"e":{"e":{"f":8}}}},{"id":"2","same":{"f":7,"e":{"e":{"f":8}}}}]}}`,
		},
		{
			"the type of the object around decides what a key stands for", `{ holders { ... on Left { e { k: f(x: 1) } } ... on Right { e { k: f(x: 2) } } } }`,
			`{"data":{"holders":[{"e":{"k":1}},{"e":{"k":2}},{"e":{"k":1}}]}}`,
		},
		{
			"so does the field", `{ first { e { id k: f(x: 1) } } second { e { id k: f(x: 2) } } }`,
			`{"data":{"first":{"e":{"id":"e","k":1}},"second":{"e":{"id":"e","k":2}}}}`,
		},
		{
			"an error is reported at each place", `{ products { same { bad } } }`,
			`{"errors":[{"message":"bad","path":["products",0,"same","bad"]},{"message":"bad","path":["products",1,"same","bad"]}],` +
				`"data":{"products":[{"same":{"bad":null}},{"same":{"bad":null}}]}}`,
		},
		{
			"null propagates at each place", `{ products { id same { id worse } } }`,
			`{"errors":[{"message":"worse","path":["products",0,"same","worse"]},{"message":"worse","path":["products",1,"same","worse"]}],` +
				`"data":{"products":[{"id":"1","same":null},{"id":"2","same":null}]}}`,
		},
		{
			"what was written and taken back is written again", `{ broken { e { id f(x: 5) } needed } }`,
			`{"errors":[{"message":"Cannot return null for non-nullable field.","path":["broken",0,"needed"]}],` +
				`"data":{"broken":[null,{"e":{"id":"e","f":5},"needed":1},{"e":{"id":"e","f":5},"needed":2}]}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := startGraph(t, sdls, table, nil)
			if diff := cmp.Diff(c.want, string(g.answer(t, c.query))); diff != "" {
				t.Errorf("%s\n%s", diff, g.plan)
			}
		})
	}
}
