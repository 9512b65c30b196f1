package compose_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"devportal.internal/router/compose"
)

// FuzzCompose composes two arbitrary texts: whatever they are, there is a result or errors, and no panic.
func FuzzCompose(f *testing.F) {
	names := []string{"entities", "interface_object", "override", "context", "contract", "federation_1", "access_control", "cost"}
	for _, name := range names {
		a, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		subgraphs := archiveSubgraphs(a)
		f.Add(subgraphs[0].SDL, subgraphs[len(subgraphs)-1].SDL)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		result, errs := compose.Compose([]compose.Subgraph{{Name: "a", SDL: a}, {Name: "b", SDL: b}}, compose.Options{})
		if (result == nil) != (len(errs) > 0) {
			t.Fatalf("result %v, errors %v", result, errs)
		}
	})
}
