package compose_test

import (
	"fmt"
	"strings"
	"testing"

	"devportal.internal/router/compose"
)

// BenchmarkCompose composes graphs of growing size; 1,000 types in 50 subgraphs is the size that must stay under two
// seconds and 500 MB.
func BenchmarkCompose(b *testing.B) {
	for _, size := range []struct{ types, subgraphs int }{{100, 5}, {300, 15}, {1000, 50}} {
		b.Run(fmt.Sprintf("types=%d/subgraphs=%d", size.types, size.subgraphs), func(b *testing.B) {
			subgraphs := largeGraph(size.types, size.subgraphs)
			b.ReportAllocs()
			for b.Loop() {
				if _, errs := compose.Compose(subgraphs, compose.Options{}); len(errs) > 0 {
					b.Fatal(errs[0].Error())
				}
			}
		})
	}
}

// largeGraph makes entities that each live in three subgraphs: one owns most fields and two keys, one adds a field, one
// requires a field of the owner; entities refer to each other, one in ten through an interface.
func largeGraph(types, subgraphs int) []compose.Subgraph {
	sdl := make([]strings.Builder, subgraphs)
	for i := range sdl {
		fmt.Fprintf(&sdl[i], "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", "+
			"import: [\"@key\", \"@external\", \"@requires\", \"@shareable\", \"@tag\"])\n")
		fmt.Fprintf(&sdl[i], "interface Node { id: ID! }\n")
		fmt.Fprintf(&sdl[i], "type Query {\n  list%d(first: Int = 10): [T%d!]!\n  node%d: Node\n}\n", i, i, i)
	}
	for t := range types {
		owner, adds, requires := t%subgraphs, (t+1)%subgraphs, (t+7)%subgraphs
		fmt.Fprintf(&sdl[owner], "type T%d implements Node @key(fields: \"id\") @key(fields: \"code tenant { id }\") {\n"+
			"  id: ID!\n  code: String!\n  tenant: Tenant%d!\n  name: String! @tag(name: \"public\")\n  next: T%d\n  size: Int!\n}\n"+
			"type Tenant%d @shareable { id: ID! }\n", t, t, (t+subgraphs)%types, t)
		fmt.Fprintf(&sdl[adds], "type T%d @key(fields: \"id\") {\n  id: ID!\n  added: [String!]\n  at(unit: Unit%d = A): Float\n}\nenum Unit%d { A B }\n", t, t, t)
		fmt.Fprintf(&sdl[requires], "type T%d @key(fields: \"id\") {\n  id: ID!\n  size: Int! @external\n  weight: Int @requires(fields: \"size\")\n}\n", t)
	}
	out := make([]compose.Subgraph, subgraphs)
	for i := range out {
		out[i] = compose.Subgraph{Name: fmt.Sprintf("s%02d", i), URL: "http://localhost/graphql", SDL: sdl[i].String()}
	}
	return out
}
