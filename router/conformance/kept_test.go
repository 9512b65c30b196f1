package conformance_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/internal/testsubgraph"
)

// TestWhatFailedBefore asks what random splits have found to be answered wrongly once.
func TestWhatFailedBefore(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, table, query, want string
		sdls                     map[string]string
	}{
		{
			name: "a shared root field is asked of both subgraphs where each leads to other fields",
			sdls: map[string]string{
				"s0": `type Query { a: Int } type E @key(fields: "id") { id: ID! far: String }`,
				"s1": `type Query { list: [[E]] @shareable } type E @key(fields: "id") { id: ID! }`,
				"s2": `type Query { list: [[E]] @shareable } type E @key(fields: "code") { code: ID! near: String }`,
			},
			table: `{"objects": {"e1": {"__typename": "E", "id": "1", "code": "c1", "far": "f1", "near": "n1"}, "e2": {"__typename": "E", "id": "2", "code": "c2", "far": "f2", "near": "n2"}},
				"roots": {"Query": {"list": [[{"$ref": "e1"}, null], [{"$ref": "e2"}], []]}}}`,
			query: `{ list { far near } }`,
			want:  `{"data":{"list":[[{"far":"f1","near":"n1"},null],[{"far":"f2","near":"n2"}],[]]}}`,
		},
		{
			name: "a field is a leaf of one type and required with a selection of another",
			sdls: map[string]string{
				"s0": `type Query { any: [U!]! } union U = A | B type A @key(fields: "id") { id: ID! } type B @key(fields: "id") { id: ID! f: [B] g(n: Int): A! }`,
				"s1": `type Query { b: Int } type A @key(fields: "id") { id: ID! }
					type B @key(fields: "id") { id: ID! f: [B] @external g(n: Int): A! @external made(n: Int): [A!]! @requires(fields: "f { id } g(n: 1) { id }") }`,
				"s2": `type Query { c: Int } type A @key(fields: "id") @key(fields: "code") { id: ID! code: ID! f: String }`,
			},
			table: `{"objects": {"a": {"__typename": "A", "id": "a", "code": "ca", "f": "leaf"}, "b": {"__typename": "B", "id": "b", "f": [{"$ref": "b"}, null], "g": {"$ref": "a"}, "made": [{"$ref": "a"}]}},
				"roots": {"Query": {"any": [{"$ref": "a"}, {"$ref": "b"}]}}}`,
			query: `{ any { ... on A { f code id } ... on B { made(n: 1) { id } id } } }`,
			want:  `{"data":{"any":[{"f":"leaf","code":"ca","id":"a"},{"made":[{"id":"a"}],"id":"b"}]}}`,
		},
		{
			name: "null beneath an error keeps the paths of other errors",
			sdls: map[string]string{
				"s0": `type Query { e: E } type E @key(fields: "id") { id: ID! }`,
				"s1": `type Query { b: Int } type E @key(fields: "id") { id: ID! x: Int! y: E }`,
			},
			table: `{"objects": {"e": {"__typename": "E", "id": "1", "x": 1, "y": {"$ref": "f"}}, "f": {"__typename": "E", "id": "2", "x": {"$error": "no x"}, "y": null}},
				"roots": {"Query": {"e": {"$ref": "e"}}}}`,
			query: `{ e { id y { id x } } }`,
			want:  `{"errors":[{"message":"no x","path":["e","y","x"]}],"data":{"e":{"id":"1","y":null}}}`,
		},
		{
			name: "several calls of a shared mutation each start where the rest can be reached from",
			sdls: map[string]string{
				"s0": `type Query { a: Int } type Mutation { count: Int @shareable }
					type E @key(fields: "id") @key(fields: "code box { y }") { id: ID! code: ID! box: Box! } type Box { y: Int }`,
				"s1": `type Query { b: Int } type Mutation { count: Int @shareable make: E @shareable } type E @key(fields: "code") { code: ID! }`,
				"s2": `type Query { c: Int } type Mutation { make: E @shareable } type E @key(fields: "id") { id: ID! }`,
			},
			table: `{"objects": {"e": {"__typename": "E", "id": "1", "code": "c", "box": {"y": 5}}},
				"roots": {"Mutation": {"count": 1, "make": {"$ref": "e"}}}}`,
			query: `mutation { x: make { box { y } } y: count z: make { id } }`,
			want:  `{"data":{"x":{"box":{"y":5}},"y":1,"z":{"id":"1"}}}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			table, err := testsubgraph.ReadTable([]byte(c.table))
			if err != nil {
				t.Fatal(err)
			}
			for name := range c.sdls {
				c.sdls[name] = federationLink + c.sdls[name]
			}
			g := startGraph(t, c.sdls, table, nil)
			got := g.answer(t, c.query)
			if !json.Valid(got) {
				t.Errorf("not JSON: %s", got)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("%s\n%s", diff, g.plan)
			}
		})
	}
}
