package compose

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// graph is a subgraph in the course of composition.
type graph struct {
	*federation.Schema
	index int
	name  string
	url   string
	enum  string // its value in join__Graph
}

// newGraphs names each graph in the enum: upper case, anything that is no letter or digit becomes "_".
func newGraphs(subgraphs []Subgraph, schemas []*federation.Schema) []*graph {
	taken := map[string]int{}
	for _, sub := range subgraphs {
		taken[enumName(sub.Name)]++
	}
	next := map[string]int{}
	graphs := make([]*graph, len(subgraphs))
	for i, sub := range subgraphs {
		name := enumName(sub.Name)
		if taken[name] > 1 {
			next[name]++
			name = fmt.Sprintf("%s_%d", name, next[name])
		}
		graphs[i] = &graph{Schema: schemas[i], index: i, name: sub.Name, url: sub.URL, enum: name}
	}
	return graphs
}

func enumName(name string) string {
	name = regexp.MustCompile(`[^a-zA-Z0-9_]`).ReplaceAllString(name, "_")
	name = strings.ToUpper(name)
	if name[0] >= '0' && name[0] <= '9' || regexp.MustCompile(`_[0-9]+$`).MatchString(name) && name[len(name)-1] != '_' {
		name = escapeEnum(name)
	}
	return name
}

// escapeEnum keeps names off the forms that are not GraphQL names or that numbering uses.
func escapeEnum(name string) string {
	if name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	if regexp.MustCompile(`_[0-9]+$`).MatchString(name) {
		name += "_"
	}
	return name
}

// isInterfaceObject reports whether the graph has the type as @interfaceObject.
func (g *graph) isInterfaceObject(t *federation.Type) bool {
	return t.Kind == ast.Object && g.Has(federation.InterfaceObject, t.Directives)
}

// mergedKind is the kind that the type has in the supergraph.
func (g *graph) mergedKind(t *federation.Type) ast.DefinitionKind {
	if g.isInterfaceObject(t) {
		return ast.Interface
	}
	return t.Kind
}

func (g *graph) isExternal(f *ast.FieldDefinition) bool {
	return f != nil && g.IsExternal(f)
}
