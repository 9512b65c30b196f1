package operation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/router/internal/processor"
	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

// hostileSDL is a supergraph with an interface, its implementations and fields that lead back to themselves.
const hostileSDL = `
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
{ query: Query }

directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: String, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: String, provides: String, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

enum join__Graph { A @join__graph(name: "a", url: "http://a.example") }
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }

type Query @join__type(graph: A) { node(id: Int): Node  dog: Dog  cat: Cat  name: String }
interface Node @join__type(graph: A) { id: ID! name(short: Boolean, list: [Int]): String node: Node nodes: [Node!]! size: Int }
type Dog implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") {
  id: ID! name(short: Boolean, list: [Int]): String node: Node nodes: [Node!]! size: Int barks: Boolean! other: Cat weight: Int
}
type Cat implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") {
  id: ID! name(short: Boolean, list: [Int]): String node: Node nodes: [Node!]! size: Int meows: Boolean other: Dog weight: Float
}
`

func loadHostile(t testing.TB) *supergraph.Schema {
	t.Helper()
	schema, err := supergraph.Load(hostileSDL)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestParse_refuses_hostile_documents_cheaply(t *testing.T) {
	schema := loadHostile(t)
	for name, attack := range hostileDocuments() {
		t.Run(name, func(t *testing.T) {
			before := processor.Time()
			_, err := operation.Parse(schema, attack.text, operation.Options{})
			took := processor.Time() - before
			if attack.valid != (err == nil) {
				t.Errorf("valid is %v: %.200v", err == nil, err)
			}
			if list, ok := err.(gqlerror.List); err != nil && (!ok || len(list) > 5) {
				t.Errorf("error is no short list: %.200v", err)
			}
			if took > processor.Allowed(500*time.Millisecond) {
				t.Errorf("took %v of processor time", took)
			}
			t.Logf("%d bytes took %v: %.120v", len(attack.text), took, err)
		})
	}
}

type hostile struct {
	text  string
	valid bool
}

func hostileDocuments() map[string]hostile {
	return map[string]hostile{
		"fragments that double at each of 30 levels":    {text: doubling(30)},
		"fragments that double at each of 1,300 levels": {text: doubling(1300)},
		"a chain of 1,800 fragments":                    {text: chain(1800)},
		"a fragment that spreads itself":                {text: `{dog{...F}} fragment F on Dog{id ...F}`},
		"a fragment that spreads itself further down":   {text: `{dog{...F}} fragment F on Dog{node{...on Dog{...F}}}`},
		"two fragments that spread each other":          {text: `{dog{...F}} fragment F on Dog{...G} fragment G on Dog{...F}`},
		"one field 4,000 times":                         {text: "{dog{" + strings.Repeat("id ", 4000) + "}}", valid: true},
		"one field with selections 2,900 times":         {text: "{dog{" + strings.Repeat("node{id}", 2900) + "}}", valid: true},
		"one field with arguments 1,800 times":          {text: "{dog{" + strings.Repeat("name(short:true)", 1800) + "}}", valid: true},
		"one field 4,000 times at the root":             {text: "{" + strings.Repeat("name ", 4000) + "}"},
		"inline fragments 2,500 times":                  {text: "{dog{" + strings.Repeat("...on Dog{id}", 2400) + "}}", valid: true},
		"one spread 5,000 times":                        {text: "{dog{" + strings.Repeat("...F ", 5000) + "}} fragment F on Dog{id name}", valid: true},
		"5,000 unknown fragments":                       {text: "{dog{" + numbered("...F%d ", 5000) + "}}"},
		"5,000 unknown fields":                          {text: "{dog{" + numbered("f%d ", 5000) + "}}"},
		"900 unused fragments over a big one":           {text: "{dog{id}}" + numbered("fragment F%d on Dog{...Big}", 900) + "fragment Big on Dog{" + strings.Repeat("id ", 5000) + "}"},
		"5,000 aliases":                                 {text: "{dog{" + numbered("a%d:id ", 4500) + "}}"},
		"7,000 directives":                              {text: "{dog{id " + strings.Repeat("@a ", 7000) + "}}"},
		"600 directives that exist":                     {text: "{dog{" + numbered("f%d:id @skip(if:false)", 600) + "}}"},
		"more tokens than allowed":                      {text: "{" + strings.Repeat("a ", 20000) + "}"},
		"3,000 variables, each used":                    {text: "query(" + numbered("$v%d:Boolean ", 2000) + "){dog{" + numbered("name(short:$v%d)", 800) + "}}"},
		"fields nested 3,000 deep":                      {text: "{dog{" + strings.Repeat("node{", 3000) + "id" + strings.Repeat("}", 3002)},
		"lists nested 6,000 deep":                       {text: "{dog{name(list:" + strings.Repeat("[", 6000) + strings.Repeat("]", 6000) + ")}}"},
		"fields nested 60 deep":                         {text: "{dog{" + strings.Repeat("node{", 60) + "id" + strings.Repeat("}", 62)},
		"introspection that goes round in circles":      {text: "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}"},
		"introspection through fragments":               {text: "{__schema{types{...T}}} fragment T on __Type{fields{type{...U}}} fragment U on __Type{fields{type{fields{name}}}}"},
		"introspection with many aliases":               {text: "{__schema{types{" + numbered("a%d:fields{name}", 30) + "}}}"},
		"the introspection that tools ask":              {text: toolIntrospection, valid: true},
		"one interface field beside those of each type": {text: overlapping(9), valid: true},
		"500 operations":                                {text: numbered("query Q%d{dog{node{id}}}", 1000), valid: true},
	}
}

func numbered(format string, times int) string {
	var text strings.Builder
	for i := range times {
		fmt.Fprintf(&text, format, i)
	}
	return text.String()
}

func doubling(levels int) string {
	var text strings.Builder
	text.WriteString("{dog{...F0}}")
	for i := range levels {
		fmt.Fprintf(&text, "fragment F%d on Dog{...F%d ...F%d}", i, i+1, i+1)
	}
	fmt.Fprintf(&text, "fragment F%d on Dog{id}", levels)
	return text.String()
}

func chain(levels int) string {
	return "{dog{...F0}}" + func() string {
		var text strings.Builder
		for i := range levels {
			fmt.Fprintf(&text, "fragment F%d on Dog{...F%d}", i, i+1)
		}
		fmt.Fprintf(&text, "fragment F%d on Dog{id}", levels)
		return text.String()
	}()
}

// overlapping asks at each level for the same key on the interface and on each of its types.
func overlapping(levels int) string {
	inner := "id"
	for range levels {
		inner = "node{" + inner + "} ...on Dog{node{" + inner + "}}"
	}
	return "{dog{" + inner + "}}"
}

const toolIntrospection = `query IntrospectionQuery { __schema { queryType { name } types { ...FullType } directives { name args { ...InputValue } } } }
fragment FullType on __Type { kind name fields(includeDeprecated: true) { name args { ...InputValue } type { ...TypeRef } }
  inputFields { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`
