package operation_test

import (
	"strings"
	"testing"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

const costSDL = `
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", {name: "@listSize", as: "@size"}])
{ query: Query mutation: Mutation }

directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: String, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: String, provides: String, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @cost(weight: Int!) on FIELD_DEFINITION | OBJECT | ARGUMENT_DEFINITION | SCALAR | ENUM | INPUT_FIELD_DEFINITION
directive @size(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION

enum join__Graph { A @join__graph(name: "a", url: "http://a.example") }
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }

type Query @join__type(graph: A) {
  item: Item
  dear: Item @cost(weight: 50)
  heavy: Heavy
  filtered(by: String @cost(weight: 7)): Item
  all: [Item]
  some: [Item] @size(assumedSize: 3)
  page(first: Int = 5, last: Int): [Item] @size(slicingArguments: ["first", "last"])
  connection(first: Int): Connection @size(slicingArguments: ["first"], sizedFields: ["nodes"])
}
type Mutation @join__type(graph: A) { change: Item }
type Item @join__type(graph: A) { id: ID  item: Item  items: [Item]  price: Int @cost(weight: 2) }
type Heavy @join__type(graph: A) @cost(weight: 20) { id: ID }
type Connection @join__type(graph: A) { nodes: [Item] total: Int }
`

func TestEstimator_counts_objects_lists_and_weights(t *testing.T) {
	t.Parallel()
	schema, err := supergraph.Load(costSDL)
	if err != nil {
		t.Fatal(err)
	}
	estimator := operation.NewEstimator(schema, 10)
	for _, c := range []struct {
		text, variables string
		want            int
	}{
		{`{item{id}}`, ``, 1},
		{`{item{id item{id}}}`, ``, 2},
		{`{item{price}}`, ``, 3},
		{`{dear{id}}`, ``, 50},
		{`{heavy{id}}`, ``, 20},
		{`{filtered(by:"x"){id}}`, ``, 8},
		{`{filtered{id}}`, ``, 1},
		{`{all{id}}`, ``, 10},
		{`{all{items{id}}}`, ``, 110},
		{`{some{id}}`, ``, 3},
		{`{page{id}}`, ``, 5},
		{`{page(first:2,last:8){id}}`, ``, 8},
		{`query($n:Int){page(first:$n){id}}`, `{"n":100}`, 100},
		{`query($n:Int){page(first:$n){id}}`, `{"n":-5}`, 10},
		{`{connection(first:4){total nodes{id price}}}`, ``, 13},
		{`mutation{change{id}}`, ``, 11},
		{`{a:item{id} b:item{id} item{id} ...F} fragment F on Query{item{id}}`, ``, 3},
		{`{all` + strings.Repeat("{items", 20) + `{id}` + strings.Repeat("}", 21), ``, 1<<31 - 1},
	} {
		if got := cost(t, schema, estimator, c.text, c.variables); got != c.want {
			t.Errorf("%s: got %d, want %d", c.text, got, c.want)
		}
	}
}

func cost(t *testing.T, schema *supergraph.Schema, estimator *operation.Estimator, text, variables string) int {
	t.Helper()
	doc, err := operation.Parse(schema, text, operation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatal(err)
	}
	values, err := op.CoerceVariables([]byte(variables))
	if err != nil {
		t.Fatal(err)
	}
	normalised, err := op.Normalise(values)
	if err != nil {
		t.Fatal(err)
	}
	return estimator.Cost(normalised, values)
}
