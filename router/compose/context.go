package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

func hasContextArguments(g *graph, f *ast.FieldDefinition) bool {
	for _, a := range f.Arguments {
		if g.Has(federation.FromContext, a.Directives) {
			return true
		}
	}
	return false
}

func (fm *fieldMerge) contextArguments(_ *graph, _ *ast.FieldDefinition) *ast.Value { return nil }

func (fm *fieldMerge) checkContextual(_ []*ast.FieldDefinition, _ string) {}
