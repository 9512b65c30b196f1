package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// joinDirectives carries directives that only routers read, as they stand in the graphs, in @join__directive: @cacheTag.
func (m *merger) joinDirectives(dest *ast.DirectiveList, sources []ast.DirectiveList) {
	var done []*ast.Directive
	for i, list := range sources {
		for _, d := range m.graphs[i].Applied(federation.CacheTag, list) {
			if slices.ContainsFunc(done, func(o *ast.Directive) bool { return sameArguments(o, d) }) {
				continue
			}
			done = append(done, d)
			*dest = append(*dest, m.joinDirective(d, sources))
		}
	}
}

func (m *merger) joinDirective(d *ast.Directive, sources []ast.DirectiveList) *ast.Directive {
	graphs := list()
	for i, applied := range sources {
		same := func(o *ast.Directive) bool { return sameArguments(o, d) }
		if slices.ContainsFunc(m.graphs[i].Applied(federation.CacheTag, applied), same) {
			graphs.Children = append(graphs.Children, &ast.ChildValue{Value: enum(m.graphs[i].enum)})
		}
	}
	args := object()
	for _, a := range d.Arguments {
		args.Children = append(args.Children, &ast.ChildValue{Name: a.Name, Value: a.Value})
	}
	return directive("join__directive", argument{"graphs", graphs},
		argument{"name", text("federation__" + string(federation.CacheTag))}, argument{"args", args})
}

func (m *merger) usesCacheTag() bool {
	return slices.ContainsFunc(m.graphs, func(g *graph) bool { return g.Applies(federation.CacheTag) })
}
