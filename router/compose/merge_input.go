package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// mergeInputFields keeps the fields of an input object that every graph defining the type has.
func (m *merger) mergeInputFields(def *ast.Definition, types []*federation.Type) {
	seen := map[string]bool{}
	had := false
	for _, t := range types {
		if t == nil {
			continue
		}
		for _, f := range t.Fields {
			had = true
			if !seen[f.Name] {
				seen[f.Name] = true
				m.mergeInputField(def, types, f.Name)
			}
		}
	}
	if had && len(def.Fields) == 0 {
		m.failOn(def.Name, federation.ErrEmptyMergedInputType, "None of the fields of input object type %q are consistently defined in all the "+
			"subgraphs defining that type. As only fields common to all subgraphs are merged, this would result in an empty type.", def.Name)
	}
}

func (m *merger) mergeInputField(def *ast.Definition, types []*federation.Type, name string) {
	of := def.Name + "." + name
	sources, keep := m.inputSources(types, name, of)
	if !keep {
		return
	}
	dest := &ast.FieldDefinition{Name: name}
	m.out.addField(def, dest)
	dest.Description = m.mergeDescription(fieldDescriptions(sources), `element "`+of+`"`, of)
	merged, equal := m.mergeType(typesOf(sources), typeMerge{
		what: "field", coordinate: of, graphs: m.graphs, input: true,
		mismatch: federation.ErrFieldTypeMismatch, compatible: HintInconsistentButCompatibleFieldType,
	})
	dest.Type = merged
	m.noteInputEnum(merged, of)
	defaults := make([]*ast.Value, len(sources))
	present := make([]bool, len(sources))
	for i, f := range sources {
		if f != nil {
			defaults[i], present[i] = f.DefaultValue, true
		}
	}
	dest.DefaultValue = m.mergeDefault(defaults, present, defaultMerge{
		what: "Input field", coordinate: of, mismatch: federation.ErrInputFieldDefaultMismatch,
	})
	m.addInputJoins(dest, sources, equal)
	m.mergeApplied(&dest.Directives, fieldApplications(sources), coordinate{name: of, kind: locationInputField})
}

// inputSources gathers an input field; keep is false when some graph that has the type lacks the field.
func (m *merger) inputSources(types []*federation.Type, name, of string) (sources []*ast.FieldDefinition, keep bool) {
	sources = make([]*ast.FieldDefinition, len(types))
	var having, missing, requiring []string
	for i, t := range types {
		if t == nil {
			continue
		}
		f := t.Field(name)
		sources[i] = f
		if f == nil {
			missing = append(missing, m.graphs[i].name)
			continue
		}
		having = append(having, m.graphs[i].name)
		if f.Type.NonNull && f.DefaultValue == nil {
			requiring = append(requiring, m.graphs[i].name)
		}
	}
	switch {
	case len(missing) == 0:
		return sources, true
	case len(requiring) > 0:
		m.failOn(of, federation.ErrRequiredInputFieldMissingInSomeSubgraph,
			"Input object field %q is required in some subgraphs but does not appear in all subgraphs: it is required in %s but does not appear in %s",
			of, quotedGraphs(requiring), quotedGraphs(missing))
	default:
		m.hintOn(of, HintInconsistentInputObjectField, "Input object field %q will not be added to %q in the supergraph as it does not appear in "+
			"all subgraphs: it is defined in %s but not in %s.", name, of[:len(of)-len(name)-1], quotedGraphs(having), quotedGraphs(missing))
	}
	return nil, false
}

func (m *merger) addInputJoins(dest *ast.FieldDefinition, sources []*ast.FieldDefinition, equal bool) {
	if equal {
		return
	}
	for i, f := range sources {
		if f != nil {
			dest.Directives = append(dest.Directives, directive("join__field",
				argument{"graph", enum(m.graphs[i].enum)}, argument{"type", text(f.Type.String())}))
		}
	}
}
