package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// Kinds of elements that are no types.
const (
	locationField      ast.DefinitionKind = "FIELD_DEFINITION"
	locationArgument   ast.DefinitionKind = "ARGUMENT_DEFINITION"
	locationInputField ast.DefinitionKind = "INPUT_FIELD_DEFINITION"
	locationEnumValue  ast.DefinitionKind = "ENUM_VALUE"
	locationSchema     ast.DefinitionKind = "SCHEMA"
)

// coordinate says what directives are applied on.
type coordinate struct {
	name   string
	kind   ast.DefinitionKind
	parent *ast.Definition
}

// mergeApplied merges the applications that reach the supergraph: those of core features, of composed directives, and
// GraphQL's own. sources has the applications by graph.
func (m *merger) mergeApplied(dest *ast.DirectiveList, sources []ast.DirectiveList, on coordinate) {
	for _, name := range m.mergedNames(sources) {
		merged := m.mergeApplications(name, m.applicationsOf(name, sources), on)
		*dest = append(*dest, merged...)
	}
	m.joinDirectives(dest, sources)
}

// mergedNames are the supergraph names of directives applied, in the order of the graphs and their SDL.
func (m *merger) mergedNames(sources []ast.DirectiveList) []string {
	var names []string
	for i, list := range sources {
		for _, d := range list {
			if name, ok := m.supergraphName(m.graphs[i], d.Name); ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// supergraphName is what the supergraph calls a graph's directive; ok is false when it does not reach the supergraph.
func (m *merger) supergraphName(g *graph, local string) (string, bool) {
	for name, merged := range m.core.local {
		if name != federation.FromContext && g.LocalName(name) == local {
			return merged, true
		}
	}
	switch local {
	case "deprecated", "specifiedBy", "oneOf":
		return local, true
	}
	return local, m.isComposed(g, local)
}

// applicationsOf are the applications of one merged directive, by graph.
func (m *merger) applicationsOf(name string, sources []ast.DirectiveList) [][]*ast.Directive {
	out := make([][]*ast.Directive, len(sources))
	for i, list := range sources {
		for _, d := range list {
			if merged, ok := m.supergraphName(m.graphs[i], d.Name); ok && merged == name {
				out[i] = append(out[i], d)
			}
		}
	}
	return out
}

// mergeApplications merges the applications of one directive: all different ones of a repeatable directive, one
// combined one of those whose arguments have a merge strategy, else the most frequent.
func (m *merger) mergeApplications(name string, sources [][]*ast.Directive, on coordinate) []*ast.Directive {
	var distinct []*ast.Directive
	for i, list := range sources {
		for _, d := range list {
			copied := m.withDefaults(m.graphs[i], name, d)
			if !slices.ContainsFunc(distinct, func(o *ast.Directive) bool { return sameArguments(o, copied) }) {
				distinct = append(distinct, copied)
			}
		}
	}
	if len(distinct) < 2 || m.isRepeatable(name, sources) {
		return distinct
	}
	if strategy := argumentStrategies()[m.core.byName[name]]; strategy != nil {
		m.hintOn(on.name, HintMergedNonRepeatableDirectiveArguments, "Directive @%s is applied to %q in multiple subgraphs with different arguments. "+
			"Merging strategies used by arguments: %s", name, on.name, strategy)
		return []*ast.Directive{strategy.merge(name, distinct)}
	}
	return []*ast.Directive{m.mostFrequent(name, sources, on)}
}

func (m *merger) isRepeatable(name string, sources [][]*ast.Directive) bool {
	for i, list := range sources {
		if len(list) > 0 {
			def := m.graphs[i].DirectiveDefinitions[list[0].Name]
			return def != nil && def.IsRepeatable
		}
	}
	return false
}

// withDefaults is an application under its supergraph name, with its arguments in the order of the definition.
func (m *merger) withDefaults(g *graph, name string, d *ast.Directive) *ast.Directive {
	copied := &ast.Directive{Name: name, Position: d.Position}
	def := g.DirectiveDefinitions[d.Name]
	if def == nil {
		copied.Arguments = d.Arguments
		return copied
	}
	for _, a := range def.Arguments {
		if given := d.Arguments.ForName(a.Name); given != nil {
			copied.Arguments = append(copied.Arguments, given)
		}
	}
	if m.core.byName[name] == federation.Context {
		context, _ := federation.StringArg(d, "name")
		copied.Arguments = ast.ArgumentList{{Name: "name", Value: text(contextKey(g, context))}}
	}
	return copied
}

func sameArguments(a, b *ast.Directive) bool {
	if len(a.Arguments) != len(b.Arguments) {
		return false
	}
	for _, arg := range a.Arguments {
		other := b.Arguments.ForName(arg.Name)
		if other == nil || !sameValue(arg.Value, other.Value) {
			return false
		}
	}
	return true
}

// mostFrequent picks the application that most graphs have.
func (m *merger) mostFrequent(name string, sources [][]*ast.Directive, on coordinate) *ast.Directive {
	var best *ast.Directive
	bestCount, from := 0, ""
	for i, list := range sources {
		if len(list) == 0 {
			continue
		}
		count := 0
		for _, other := range sources {
			if len(other) > 0 && sameArguments(list[0], other[0]) {
				count++
			}
		}
		if count > bestCount {
			best, bestCount, from = m.withDefaults(m.graphs[i], name, list[0]), count, m.graphs[i].name
		}
	}
	var values, graphs []string
	for i, list := range sources {
		if len(list) > 0 && !sameArguments(best, list[0]) {
			values, graphs = append(values, "arguments "+printArguments(list[0])), append(graphs, m.graphs[i].name)
		}
	}
	m.hintOn(on.name, HintInconsistentNonRepeatableDirectiveArguments, "Non-repeatable directive @%s is applied to %q in multiple subgraphs but with "+
		"incompatible arguments. The supergraph will use arguments %s (from subgraph %q), but found %s.",
		name, on.name, printArguments(best), from, distribution(values, graphs))
	return best
}

func printArguments(d *ast.Directive) string {
	args := object()
	for _, a := range d.Arguments {
		args.Children = append(args.Children, &ast.ChildValue{Name: a.Name, Value: a.Value})
	}
	return federation.PrintValue(args)
}

// mergeSchemaApplications merges what is applied on the schema element.
func (m *merger) mergeSchemaApplications() {
	lists := make([]ast.DirectiveList, len(m.graphs))
	descriptions := make([]*string, len(m.graphs))
	for i, g := range m.graphs {
		lists[i], descriptions[i] = g.Directives, &g.Description
	}
	m.out.description = m.mergeDescription(descriptions, "schema definition", "")
	m.mergeApplied(&m.out.directives, lists, coordinate{name: "schema", kind: locationSchema})
}
