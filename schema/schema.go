// Package schema holds the contract of the graph: one SDL file a subgraph, written by people.
//
// supergraph.graphql and api.graphql beside them are composed from these by `make generate` and checked in, so that every
// change of the public API shows in review.
package schema

import (
	"embed"
	"fmt"
	"slices"
)

//go:embed *.graphqls
var files embed.FS

// Subgraphs are the names of all subgraphs, in alphabetical order.
func Subgraphs() []string {
	return []string{"catalog", "cost", "docs", "kubernetes", "portal", "scaffolder"}
}

// SDL is the schema of one subgraph as its file has it. An unknown name is an error that lists the known ones.
func SDL(subgraph string) (string, error) {
	if !slices.Contains(Subgraphs(), subgraph) {
		return "", fmt.Errorf("no subgraph is called %q; there are %v", subgraph, Subgraphs())
	}
	text, err := files.ReadFile(subgraph + ".graphqls")
	if err != nil {
		return "", fmt.Errorf("read the schema of %s: %w", subgraph, err)
	}
	return string(text), nil
}
