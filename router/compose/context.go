package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// contextKey is a graph's context in the supergraph, where contexts of different graphs are different.
func contextKey(g *graph, name string) string { return g.name + "__" + name }

func hasContextArguments(g *graph, f *ast.FieldDefinition) bool { return len(g.ContextsOf(f)) > 0 }

// contextArguments is what @join__field says of the arguments that the graph takes from contexts.
func (fm *fieldMerge) contextArguments(g *graph, f *ast.FieldDefinition) *ast.Value {
	uses := g.ContextsOf(f)
	if len(uses) == 0 {
		return nil
	}
	args := list()
	for _, use := range uses {
		args.Children = append(args.Children, &ast.ChildValue{Value: object(
			argument{"context", text(contextKey(g, use.Context))},
			argument{"name", text(use.Argument.Name)},
			argument{"type", text(use.Argument.Type.String())},
			argument{"selection", text(use.Text)},
		)})
	}
	return args
}

// checkContextual looks at the graphs where an argument that is contextual elsewhere is an ordinary one: it gets no value
// there.
func (fm *fieldMerge) checkContextual(sources []*ast.FieldDefinition, name string) {
	of := fm.coordinate() + "(" + name + ":)"
	for i, f := range sources {
		if f == nil {
			continue
		}
		a := f.Arguments.ForName(name)
		if a == nil || fm.graphs[i].Has(federation.FromContext, a.Directives) {
			continue
		}
		if a.Type.NonNull && a.DefaultValue == nil {
			fm.failAt(federation.ErrContextualArgumentNotContextualInAllSubgraphs, fm.graphs[i], a.Position,
				"Argument %q is contextual in at least one subgraph but in %q it does not have @fromContext, is not nullable and has no "+
					"default value.", of, of)
			continue
		}
		fm.hintAt(HintContextualArgumentNotContextualInAllSubgraphs, fm.graphs[i], a.Position, "Contextual argument %q will not be included in the supergraph since "+
			"it is contextual in at least one subgraph", of)
	}
}

// contextsSet are the contexts that an object of a type sets, in all graphs.
func (m *merger) contextsSet(name string) []string {
	var keys []string
	for _, g := range m.graphs {
		if t := g.Types[name]; t != nil && !g.IsInternalType(name) {
			for _, c := range g.ContextNames(t) {
				keys = append(keys, contextKey(g, c))
			}
		}
	}
	return keys
}

// contextMissing reports whether a graph's field needs a context that the query has not come through.
func (m *merger) contextMissing(graph int, typeName, field string, set map[string]bool) bool {
	g := m.graphs[graph]
	t := g.Types[typeName]
	if t == nil || t.Field(field) == nil {
		return false
	}
	for _, use := range g.ContextsOf(t.Field(field)) {
		if !set[contextKey(g, use.Context)] {
			return true
		}
	}
	return false
}
