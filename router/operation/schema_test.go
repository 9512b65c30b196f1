package operation_test

import (
	"testing"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

// sdl is a supergraph of one subgraph with one of everything that operations are checked against.
const sdl = `
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) {
  query: Query mutation: Mutation subscription: Subscription
}
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
type Query @join__type(graph: A) { pet: Pet pets(filter: Filter, limit: Int, ids: [[ID!]]): [Pet] one(by: By!): Pet any(data: JSON, at: Float, on: Boolean): String color(is: Color): Color }
type Mutation @join__type(graph: A) { add(name: String!): Pet }
type Subscription @join__type(graph: A) { added: Pet gone: Pet }
interface Pet @join__type(graph: A) { id: ID! name: String friend: Pet }
type Cat implements Pet @join__type(graph: A) @join__implements(graph: A, interface: "Pet") { id: ID! name: String! friend: Pet lives: Int }
type Dog implements Pet @join__type(graph: A) @join__implements(graph: A, interface: "Pet") { id: ID! name: String friend: Pet barks: Boolean }
input Filter @join__type(graph: A) { name: String min: Int = 1 colors: [Color!] and: [Filter!] }
input By @join__type(graph: A) @oneOf { id: ID name: String }
enum Color @join__type(graph: A) { RED GREEN }
scalar JSON @join__type(graph: A)
`

func schema(t testing.TB) *supergraph.Schema {
	t.Helper()
	s, err := supergraph.Load(sdl)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parsed(t testing.TB, text string) *operation.Operation {
	t.Helper()
	doc, err := operation.Parse(schema(t), text, operation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatal(err)
	}
	return op
}
