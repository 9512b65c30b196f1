package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// mergeDirectiveDefinitions defines the composed directives, and the executable ones that all graphs define.
func (m *merger) mergeDirectiveDefinitions() {
	for _, c := range m.core.composed {
		def := *c.graph.DirectiveDefinitions[c.local]
		m.out.definitions[c.local] = &def
		m.out.machinery["@"+c.local] = true
		for _, a := range def.Arguments {
			m.noteInputEnum(a.Type, "@"+c.local+"("+a.Name+":)")
		}
	}
	seen := map[string]bool{}
	for _, g := range m.graphs {
		for _, name := range g.DirectiveOrder {
			if !seen[name] && !m.isInternalAnywhere(name) {
				m.mergeExecutable(name)
			}
			seen[name] = true
		}
	}
}

func (m *merger) isInternalAnywhere(name string) bool {
	return slices.ContainsFunc(m.graphs, func(g *graph) bool { return g.IsInternalDirective(name) }) ||
		m.core.byName[name] != ""
}

func executable(locations []ast.DirectiveLocation) []ast.DirectiveLocation {
	var found []ast.DirectiveLocation
	for _, l := range locations {
		switch l {
		case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField, ast.LocationFragmentDefinition,
			ast.LocationFragmentSpread, ast.LocationInlineFragment, ast.LocationVariableDefinition:
			found = append(found, l)
		default:
		}
	}
	return found
}

// mergeExecutable merges a directive that operations use: it needs a location that all graphs share.
func (m *merger) mergeExecutable(name string) {
	sources, ok := m.executableSources(name)
	if !ok {
		return
	}
	merged := &ast.DirectiveDefinition{Name: name, IsRepeatable: m.mergeRepeatable(name, sources)}
	merged.Locations = m.mergeLocations(name, sources)
	if len(merged.Locations) == 0 {
		return
	}
	descriptions := make([]*string, len(sources))
	args := make([]*ast.FieldDefinition, len(sources))
	for i, d := range sources {
		descriptions[i] = &d.Description
		args[i] = &ast.FieldDefinition{Name: name, Arguments: d.Arguments}
	}
	merged.Description = m.mergeDescription(descriptions, `element "@`+name+`"`, "@"+name)
	if composed := m.out.definitions[name]; composed != nil {
		merged.Arguments = composed.Arguments
		merged.Locations = append(merged.Locations, typeSystemOnly(composed.Locations)...)
		slices.Sort(merged.Locations)
	} else {
		fm := &fieldMerge{merger: m, parent: &ast.Definition{}, name: "@" + name, dest: &ast.FieldDefinition{}, directive: true}
		fm.mergeArguments(args)
		merged.Arguments = fm.dest.Arguments
		m.out.machinery["@"+name] = false
	}
	m.out.definitions[name] = merged
}

func typeSystemOnly(locations []ast.DirectiveLocation) []ast.DirectiveLocation {
	all := executable(locations)
	return slices.DeleteFunc(slices.Clone(locations), func(l ast.DirectiveLocation) bool { return slices.Contains(all, l) })
}

// executableSources are the definitions by graph; ok is false when no graph, or not every graph, has one for operations.
func (m *merger) executableSources(name string) (sources []*ast.DirectiveDefinition, ok bool) {
	var having, missing []string
	for _, g := range m.graphs {
		d := g.DirectiveDefinitions[name]
		if d == nil || len(executable(d.Locations)) == 0 {
			missing = append(missing, g.name)
			continue
		}
		having = append(having, g.name)
		sources = append(sources, d)
	}
	if len(having) > 0 && len(missing) > 0 {
		m.hintOn("@"+name, HintInconsistentExecutableDirectivePresence, "Executable directive \"@%s\" will not be part of the supergraph as it does not "+
			"appear in all subgraphs: it is defined in %s but not in %s.", name, quotedGraphs(having), quotedGraphs(missing))
	}
	return sources, len(having) > 0 && len(missing) == 0
}

func (m *merger) mergeRepeatable(name string, sources []*ast.DirectiveDefinition) bool {
	var repeatable, single []string
	for i, d := range sources {
		if d.IsRepeatable {
			repeatable = append(repeatable, m.graphs[i].name)
		} else {
			single = append(single, m.graphs[i].name)
		}
	}
	if len(repeatable) > 0 && len(single) > 0 {
		m.hintOn("@"+name, HintInconsistentExecutableDirectiveRepeatable, "Executable directive \"@%s\" will not be marked repeatable in the supergraph "+
			"as it is inconsistently marked repeatable in subgraphs: it is not repeatable in %s but is repeatable in %s.",
			name, quotedGraphs(single), quotedGraphs(repeatable))
	}
	return len(single) == 0
}

func (m *merger) mergeLocations(name string, sources []*ast.DirectiveDefinition) []ast.DirectiveLocation {
	common := executable(sources[0].Locations)
	var values, graphs []string
	inconsistent := false
	for i, d := range sources {
		mine := executable(d.Locations)
		slices.Sort(mine)
		values, graphs = append(values, locationNames(mine)), append(graphs, m.graphs[i].name)
		inconsistent = inconsistent || values[i] != values[0]
		common = slices.DeleteFunc(slices.Clone(common), func(l ast.DirectiveLocation) bool { return !slices.Contains(mine, l) })
	}
	slices.Sort(common)
	switch {
	case len(common) == 0:
		m.hintOn("@"+name, HintNoExecutableDirectiveIntersection, "Executable directive \"@%s\" has no location that is common to all subgraphs: it will "+
			"not appear in the supergraph as there no intersection between %s.", name, distribution(values, graphs))
	case inconsistent:
		m.hintOn("@"+name, HintInconsistentExecutableDirectiveLocations, "Executable directive \"@%s\" has inconsistent locations across subgraphs and will "+
			"use %s (intersection of all subgraphs) in the supergraph, but has: %s.", name, locationNames(common), distribution(values, graphs))
	}
	return common
}

func locationNames(list []ast.DirectiveLocation) string {
	names := make([]string, len(list))
	for i, l := range list {
		names[i] = string(l)
	}
	if len(names) == 1 {
		return `location "` + names[0] + `"`
	}
	return `locations "` + strings.Join(names, ", ") + `"`
}
