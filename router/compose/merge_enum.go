package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// enumUse is where an enum is used: an example of each position, "" for none.
type enumUse struct{ input, output string }

func (m *merger) noteInputEnum(t *ast.Type, of string) {
	if use := m.enumUseOf(t); use != nil && use.input == "" {
		use.input = of
	}
}

func (m *merger) noteOutputEnum(t *ast.Type, of string) {
	if use := m.enumUseOf(t); use != nil && use.output == "" {
		use.output = of
	}
}

func (m *merger) enumUseOf(t *ast.Type) *enumUse {
	if t == nil {
		return nil
	}
	name := t.Name()
	if def := m.out.types[name]; def == nil || def.Kind != ast.Enum {
		return nil
	}
	if m.enumUses[name] == nil {
		m.enumUses[name] = &enumUse{}
	}
	return m.enumUses[name]
}

// mergeEnums merges the values of all enums: the union where results use it, the intersection where only inputs do, and
// exact agreement where both do.
func (m *merger) mergeEnums() {
	for _, def := range m.out.apiTypes() {
		if def.Kind == ast.Enum {
			m.mergeEnum(def)
		}
	}
}

func (m *merger) mergeEnum(def *ast.Definition) {
	sources := m.sources(def.Name)
	for i, t := range sources {
		if t != nil && t.Kind != ast.Enum {
			sources[i] = nil
		}
	}
	use := m.enumUses[def.Name]
	if use == nil {
		use = &enumUse{}
		m.hintOn(def.Name, HintUnusedEnumType, "Enum type %q is defined but unused. It will be included in the supergraph with all the values "+
			"appearing in any subgraph (\"as if\" it was only used as an output type).", def.Name)
	}
	for _, name := range enumValueNames(sources) {
		m.mergeEnumValue(def, sources, name, use)
	}
	if len(def.EnumValues) == 0 {
		m.failOn(def.Name, federation.ErrEmptyMergedEnumType, "None of the values of enum type %q are defined consistently in all the subgraphs "+
			"defining that type. As only values common to all subgraphs are merged, this would result in an empty type.", def.Name)
	}
}

func enumValueNames(sources []*federation.Type) []string {
	var names []string
	for _, t := range sources {
		if t == nil {
			continue
		}
		for _, v := range t.EnumValues {
			if !slices.Contains(names, v.Name) {
				names = append(names, v.Name)
			}
		}
	}
	return names
}

func (m *merger) mergeEnumValue(def *ast.Definition, sources []*federation.Type, name string, use *enumUse) {
	value := &ast.EnumValueDefinition{Name: name}
	descriptions := make([]*string, len(sources))
	applied := make([]ast.DirectiveList, len(sources))
	var having, missing []string
	var joins ast.DirectiveList
	for i, t := range sources {
		if t == nil {
			continue
		}
		v := t.EnumValues.ForName(name)
		if v == nil {
			missing = append(missing, m.graphs[i].name)
			continue
		}
		having = append(having, m.graphs[i].name)
		descriptions[i], applied[i] = &v.Description, v.Directives
		joins = append(joins, directive("join__enumValue", argument{"graph", enum(m.graphs[i].enum)}))
	}
	of := def.Name + "." + name
	value.Description = m.mergeDescription(descriptions, `element "`+of+`"`, of)
	m.mergeApplied(&value.Directives, applied, coordinate{name: of, kind: locationEnumValue})
	value.Directives = append(value.Directives, joins...)
	if len(missing) == 0 || m.keepEnumValue(def, value, use, quotedGraphs(having), quotedGraphs(missing)) {
		def.EnumValues = append(def.EnumValues, value)
	}
}

// keepEnumValue decides about a value that some graphs lack.
func (m *merger) keepEnumValue(def *ast.Definition, v *ast.EnumValueDefinition, use *enumUse, having, missing string) bool {
	switch {
	case use.input != "" && use.output != "":
		if m.hasMerged(v.Directives, federation.Inaccessible) {
			return true
		}
		m.failOn(def.Name+"."+v.Name, federation.ErrEnumValueMismatch, "Enum type %q is used as both input type (for example, as type of %q) and output type "+
			"(for example, as type of %q), but value %q is not defined in all the subgraphs defining %q: %q is defined in %s but not in %s",
			def.Name, use.input, use.output, v.Name, def.Name, v.Name, having, missing)
		return true
	case use.input != "":
		m.hintOn(def.Name+"."+v.Name, HintInconsistentEnumValueForInputEnum, "Value %q of enum type %q will not be part of the supergraph as it is not defined "+
			"in all the subgraphs defining %q: %q is defined in %s but not in %s.", v.Name, def.Name, def.Name, v.Name, having, missing)
		return false
	}
	m.hintOn(def.Name+"."+v.Name, HintInconsistentEnumValueForOutputEnum, "Value %q of enum type %q has been added to the supergraph but is only defined "+
		"in a subset of the subgraphs defining %q: %q is defined in %s but not in %s.", v.Name, def.Name, def.Name, v.Name, having, missing)
	return true
}
