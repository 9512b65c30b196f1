package compose

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// failOn reports what is wrong with an element of the supergraph, at its first definition in a subgraph. The coordinate
// is that of the GraphQL specification's schema coordinates: `Type`, `Type.field`, `Type.field(argument:)`,
// `@directive(argument:)`.
func (m *merger) failOn(coordinate string, code federation.Code, format string, args ...any) {
	for _, g := range m.graphs {
		if pos := g.positionOf(coordinate); pos != nil {
			m.failAt(code, g, pos, format, args...)
			return
		}
	}
	m.fail(code, format, args...)
}

// hintOn tells of an element of the supergraph, at its first definition in a subgraph.
func (m *merger) hintOn(coordinate string, code HintCode, format string, args ...any) {
	for _, g := range m.graphs {
		if pos := g.positionOf(coordinate); pos != nil {
			m.hintAt(code, g, pos, format, args...)
			return
		}
	}
	m.hints = append(m.hints, Hint{Code: code, Message: fmt.Sprintf(format, args...)})
}

func (m *merger) hintAt(code HintCode, g *graph, pos *ast.Position, format string, args ...any) {
	hint := Hint{Code: code, Message: fmt.Sprintf(format, args...), Subgraph: g.name}
	if pos != nil {
		hint.Line, hint.Column = pos.Line, pos.Column
	}
	m.hints = append(m.hints, hint)
}

// positionOf is where the graph defines an element, nil when it does not.
func (g *graph) positionOf(coordinate string) *ast.Position {
	element, arg, _ := strings.Cut(strings.TrimSuffix(coordinate, ":)"), "(")
	if name, ok := strings.CutPrefix(element, "@"); ok {
		return g.directivePosition(name, arg)
	}
	typeName, member, _ := strings.Cut(element, ".")
	t := g.Types[typeName]
	if t == nil || g.IsInternalType(typeName) {
		return nil
	}
	if member == "" {
		return t.Position
	}
	if v := t.EnumValues.ForName(member); v != nil {
		return v.Position
	}
	f := t.Field(member)
	if f == nil {
		return nil
	}
	if arg == "" {
		return f.Position
	}
	return argumentPosition(f.Arguments, arg)
}

func (g *graph) directivePosition(name, arg string) *ast.Position {
	d := g.DirectiveDefinitions[name]
	if d == nil {
		return nil
	}
	if arg == "" {
		return d.Position
	}
	return argumentPosition(d.Arguments, arg)
}

func argumentPosition(args ast.ArgumentDefinitionList, name string) *ast.Position {
	if a := args.ForName(name); a != nil {
		return a.Position
	}
	return nil
}
