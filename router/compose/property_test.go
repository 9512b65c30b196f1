package compose_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"devportal.internal/router/compose"
)

// TestTheOrderOfSubgraphsChangesNothing composes each archive in random orders.
func TestTheOrderOfSubgraphsChangesNothing(t *testing.T) {
	t.Parallel()
	for _, name := range archives(t) {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		subgraphs := archiveSubgraphs(a)
		want := composed(subgraphs)
		rapid.Check(t, func(t *rapid.T) {
			shuffled := rapid.Permutation(subgraphs).Draw(t, "order")
			if diff := cmp.Diff(want, composed(shuffled)); diff != "" {
				t.Fatalf("%s: another order composes to something else:\n%s", name, diff)
			}
		})
	}
}

// composed is everything that composition says, as text.
func composed(subgraphs []compose.Subgraph) string {
	result, errs := compose.Compose(subgraphs, compose.Options{})
	text, err := json.MarshalIndent([]any{result, errs}, "", " ")
	return fmt.Sprint(string(text), err)
}

// TestRandomEntityGraphsCompose splits random entities over random subgraphs: each key is everywhere, each other field
// in one place, so that they must compose, to the same text each time.
func TestRandomEntityGraphsCompose(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		subgraphs := randomEntities(t)
		result, errs := compose.Compose(subgraphs, compose.Options{})
		if len(errs) > 0 {
			t.Fatalf("does not compose: %v", errs)
		}
		for range 3 {
			again, _ := compose.Compose(subgraphs, compose.Options{})
			if again.SupergraphSDL != result.SupergraphSDL || again.APISDL != result.APISDL {
				t.Fatal("composing again gives another text")
			}
		}
	})
}

func randomEntities(t *rapid.T) []compose.Subgraph {
	graphs := rapid.IntRange(1, 5).Draw(t, "graphs")
	types := rapid.IntRange(1, 5).Draw(t, "types")
	subgraphs := make([]compose.Subgraph, graphs)
	for g := range subgraphs {
		subgraphs[g].Name = fmt.Sprintf("g%d", g)
		subgraphs[g].SDL = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\"])\n"
		subgraphs[g].SDL += fmt.Sprintf("type Query { root%d: T%d }\n", g, rapid.IntRange(0, types-1).Draw(t, "root"))
	}
	for i := range types {
		bodies := make([]string, graphs)
		for f := range rapid.IntRange(0, 4).Draw(t, "fields") {
			owner := rapid.IntRange(0, graphs-1).Draw(t, "owner")
			bodies[owner] += fmt.Sprintf("  f%d: T%d\n", f, rapid.IntRange(0, types-1).Draw(t, "target"))
		}
		for g, body := range bodies {
			subgraphs[g].SDL += fmt.Sprintf("type T%d @key(fields: \"id\") {\n  id: ID!\n%s}\n", i, body)
		}
	}
	return subgraphs
}
