package supergraph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/supergraph"
)

const head = `schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "hidden")
{ query: Query }
directive @hidden on FIELD_DEFINITION | OBJECT
scalar join__FieldSet
enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "http://b") }
`

const body = `
type Query @join__type(graph: A) @join__type(graph: B) { me: User @join__field(graph: A, provides: "email") all: [Node] @join__field(graph: B) any: U @join__field(graph: B) }
interface Node @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) { id: ID! extra: Int @join__field(graph: B) }
type User implements Node
  @join__implements(graph: A, interface: "Node")
  @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", resolvable: false) @join__type(graph: B, key: "email org { id }")
{
  id: ID!
  email: String @join__field(graph: A, external: true) @join__field(graph: B)
  org: Org @join__field(graph: B)
  old: Int @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "a")
  next: Int @join__field(graph: A, overrideLabel: "percent(5)") @join__field(graph: B, override: "a", overrideLabel: "percent(5)")
  sum: Int @join__field(graph: A, requires: "email", type: "Int!")
  secret: String @hidden @join__field(graph: A)
  extra: Int @join__field
}
type Org @join__type(graph: B) { id: ID! }
type Ghost @join__type(graph: B) @hidden { id: ID! }
union U @join__type(graph: A) @join__type(graph: B) @join__unionMember(graph: A, member: "User") @join__unionMember(graph: B, member: "User") @join__unionMember(graph: B, member: "Ghost") = User | Ghost
`

func load(t *testing.T, sdl string) *supergraph.Schema {
	t.Helper()
	schema, err := supergraph.Load(sdl)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestLoadGivesEachSubgraphItsView(t *testing.T) {
	t.Parallel()
	schema := load(t, head+body)
	a, b := schema.Subgraph("a").Types["User"], schema.Subgraph("b").Types["User"]
	t.Run("keys", func(t *testing.T) {
		t.Parallel()
		var got []string
		for _, key := range b.Keys {
			got = append(got, key.Text)
		}
		if diff := cmp.Diff([]string{"id", "email org { id }"}, got); diff != "" || b.Keys[0].Resolvable || !b.Keys[1].Resolvable {
			t.Error(diff, b.Keys[0].Resolvable, b.Keys[1].Resolvable)
		}
		if sub := b.Keys[1].Fields[1].Sub; len(sub) != 1 || sub[0].Name != "id" {
			t.Errorf("the nested key is %v", sub)
		}
	})
	t.Run("a field without @join__field is in every subgraph of its type", func(t *testing.T) {
		t.Parallel()
		if a.Fields["id"] == nil || b.Fields["id"] == nil {
			t.Error("id is missing")
		}
	})
	t.Run("a field whose @join__field names no graph is in none", func(t *testing.T) {
		t.Parallel()
		if a.Fields["extra"] != nil || b.Fields["extra"] != nil {
			t.Error("extra is there")
		}
	})
	t.Run("external, overridden, required, typed and provided", func(t *testing.T) {
		t.Parallel()
		switch {
		case !a.Fields["email"].External || b.Fields["email"].External:
			t.Error("external")
		case !a.Fields["old"].Overridden || b.Fields["old"].Overridden:
			t.Error("overridden")
		case a.Fields["next"].Overridden || a.Fields["next"].OverrideLabel != "percent(5)" || !b.Fields["next"].Overriding:
			t.Error("progressive override")
		case len(a.Fields["sum"].Requires) != 1 || a.Fields["sum"].Type.String() != "Int!":
			t.Error("requires, type")
		case len(schema.Subgraph("a").Types["Query"].Fields["me"].Provides) != 1:
			t.Error("provides")
		}
	})
	t.Run("runtime types of abstract types", func(t *testing.T) {
		t.Parallel()
		possible := func(sub, name string) string {
			return strings.Join(schema.Names(schema.Subgraph(sub).Types[name].Possible), " ")
		}
		if got := possible("a", "U"); got != "User" {
			t.Errorf("U in a: %s", got)
		}
		if got := possible("b", "U"); got != "Ghost User" {
			t.Errorf("U in b: %s", got)
		}
		if got := possible("b", "Node"); got != "User" || !schema.Subgraph("b").Types["Node"].InterfaceObject {
			t.Errorf("Node in b: %s", got)
		}
	})
}

func TestAPISchemaHidesMachineryAndWhatIsInaccessible(t *testing.T) {
	t.Parallel()
	schema := load(t, head+body)
	for _, hidden := range []string{"join__", "link__", "secret", "Ghost", "@hidden"} {
		if strings.Contains(schema.APISource, hidden) {
			t.Errorf("the API schema shows %s:\n%s", hidden, schema.APISource)
		}
	}
	if schema.API.Types["User"].Fields.ForName("extra") == nil {
		t.Error("what an interface object contributes is missing")
	}
	if schema.API.Directives["defer"] == nil || schema.API.Types["__Schema"] == nil {
		t.Error("what every schema has is missing")
	}
}

func TestLoadReadsJoin01(t *testing.T) {
	t.Parallel()
	schema := load(t, `
schema @core(feature: "https://specs.apollo.dev/core/v0.1") @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "") B @join__graph(name: "b", url: "") }
type Query { me: User @join__field(graph: A) }
type User @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A)
  name: String
  reviews: [String] @join__field(graph: B, requires: "name")
}
`)
	a, b := schema.Subgraph("a").Types["User"], schema.Subgraph("b").Types["User"]
	if a.Fields["name"] == nil || b.Fields["name"] != nil || b.Fields["reviews"] == nil {
		t.Error("fields are not where their owner is")
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, sdl, message string }{
		{"what is no SDL", `type {`, "parse"},
		{"a schema that is no supergraph", `type Query { a: Int }`, "join"},
		{"a subgraph that is not listed", head + `type Query @join__type(graph: C) { a: Int }`, `"C"`},
		{"a key that is no field set", head + `type Query @join__type(graph: A) { u: U } type U @join__type(graph: A, key: "id {") { id: ID! }`, "field set"},
		{"no query root", head + `type T @join__type(graph: A) { a: Int }`, "query"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := supergraph.Load(c.sdl); err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want %q", err, c.message)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(head + body)
	f.Fuzz(func(_ *testing.T, sdl string) {
		_, _ = supergraph.Load(sdl)
	})
}
