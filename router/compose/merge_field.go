package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// fieldMerge is the merge of one field of an object or interface type.
type fieldMerge struct {
	*merger
	parent  *ast.Definition
	name    string
	types   []*federation.Type     // the parent's sources
	sources []*ast.FieldDefinition // the field's sources

	// overridden says, by graph, what @override did to its source.
	overridden []overridden
	dest       *ast.FieldDefinition

	// directive is set when the "field" is a directive definition.
	directive bool
}

func (fm *fieldMerge) coordinate() string {
	if fm.directive {
		return fm.name
	}
	return fm.parent.Name + "." + fm.name
}

// mergeFields merges all fields of a type, in the order in which the graphs first have them.
func (m *merger) mergeFields(def *ast.Definition, types []*federation.Type) {
	seen := map[string]bool{}
	for _, t := range types {
		if t == nil {
			continue
		}
		for _, f := range t.Fields {
			if seen[f.Name] {
				continue
			}
			seen[f.Name] = true
			m.mergeField(def, types, f.Name)
		}
	}
}

func (m *merger) mergeField(def *ast.Definition, types []*federation.Type, name string) {
	fm := &fieldMerge{merger: m, parent: def, name: name, types: types, sources: make([]*ast.FieldDefinition, len(types))}
	for i, t := range types {
		if t != nil {
			fm.sources[i] = t.Field(name)
		}
	}
	fm.hintPresence()
	fm.overridden = fm.resolveOverrides()
	fm.merge()
	if def.Kind == ast.Object {
		fm.checkSharing()
	}
}

// merge makes the field from the sources that are not external, then holds the external ones against it.
func (fm *fieldMerge) merge() {
	resolving := fm.withoutExternal()
	if resolving == nil {
		fm.failOn(fm.coordinate(), federation.ErrExternalMissingOnBase,
			"Field %q is marked @external on all the subgraphs in which it is listed (%s).",
			fm.coordinate(), quotedGraphs(fm.graphsOf(fm.sources)))
		return
	}
	fm.eachExternal(fm.checkNothingMergedOnExternal)
	fm.dest = &ast.FieldDefinition{Name: fm.name}
	fm.out.addField(fm.parent, fm.dest)
	fm.dest.Description = fm.mergeDescription(fieldDescriptions(resolving), `element "`+fm.coordinate()+`"`, fm.coordinate())
	fm.mergeArguments(resolving)
	merged, equal := fm.mergeType(typesOf(resolving), typeMerge{
		what: "field", coordinate: fm.coordinate(), graphs: fm.graphs,
		mismatch: federation.ErrFieldTypeMismatch, compatible: HintInconsistentButCompatibleFieldType,
	})
	fm.dest.Type = merged
	fm.noteOutputEnum(merged, fm.coordinate())
	equal = fm.checkExternal(equal)
	fm.addJoinFields(equal)
	fm.mergeApplied(&fm.dest.Directives, fieldApplications(resolving),
		coordinate{name: fm.coordinate(), kind: locationField, parent: fm.parent})
}

// withoutExternal are the sources that resolve the field; nil when all are external.
func (fm *fieldMerge) withoutExternal() []*ast.FieldDefinition {
	resolving := make([]*ast.FieldDefinition, len(fm.sources))
	some := false
	for i, f := range fm.sources {
		if f == nil {
			some = some || fm.resolvedByInterfaceObject(i)
			continue
		}
		if fm.graphs[i].isExternal(f) {
			continue
		}
		resolving[i] = f
		some = true
	}
	if !some {
		return nil
	}
	if countFields(resolving) == 0 {
		return fm.sources
	}
	return resolving
}

func countFields(fields []*ast.FieldDefinition) int {
	n := 0
	for _, f := range fields {
		if f != nil {
			n++
		}
	}
	return n
}

func (m *merger) graphsOf(fields []*ast.FieldDefinition) []string {
	var names []string
	for i, f := range fields {
		if f != nil {
			names = append(names, m.graphs[i].name)
		}
	}
	return names
}

func fieldDescriptions(fields []*ast.FieldDefinition) []*string {
	descriptions := make([]*string, len(fields))
	for i, f := range fields {
		if f != nil {
			descriptions[i] = &f.Description
		}
	}
	return descriptions
}

func typesOf(fields []*ast.FieldDefinition) []*ast.Type {
	types := make([]*ast.Type, len(fields))
	for i, f := range fields {
		if f != nil {
			types[i] = f.Type
		}
	}
	return types
}

func fieldApplications(fields []*ast.FieldDefinition) []ast.DirectiveList {
	lists := make([]ast.DirectiveList, len(fields))
	for i, f := range fields {
		if f != nil {
			lists[i] = f.Directives
		}
	}
	return lists
}

// addJoinFields writes @join__field for each source, unless every graph that has the type resolves the field plainly.
func (fm *fieldMerge) addJoinFields(typesEqual bool) {
	if !fm.needsJoinFields(typesEqual) {
		return
	}
	for i, f := range fm.sources {
		o := fm.overridden[i]
		if f == nil || o.unused {
			continue
		}
		fm.dest.Directives = append(fm.dest.Directives, fm.joinField(i, f, typesEqual))
	}
}

func (fm *fieldMerge) joinField(i int, f *ast.FieldDefinition, typesEqual bool) *ast.Directive {
	g, o := fm.graphs[i], fm.overridden[i]
	var from *ast.Value
	if applied := g.Applied(federation.Override, f.Directives); len(applied) > 0 {
		name, _ := federation.StringArg(applied[len(applied)-1], "from")
		from = text(name)
	}
	return directive("join__field",
		argument{"graph", enum(g.enum)},
		argument{"requires", fieldSetText(g, federation.Requires, f)},
		argument{"provides", fieldSetText(g, federation.Provides, f)},
		argument{"override", from},
		argument{"type", textUnless(typesEqual, f.Type.String())},
		argument{"external", flag(g.isExternal(f))},
		argument{"usedOverridden", flag(o.used)},
		argument{"overrideLabel", textUnless(o.label == "", o.label)},
		argument{"contextArguments", fm.contextArguments(g, f)})
}

func fieldSetText(g *graph, name federation.DirectiveName, f *ast.FieldDefinition) *ast.Value {
	applied := g.Applied(name, f.Directives)
	if len(applied) == 0 {
		return nil
	}
	fields, ok := federation.StringArg(applied[0], "fields")
	return textUnless(!ok, fields)
}

func (fm *fieldMerge) needsJoinFields(typesEqual bool) bool {
	if !typesEqual {
		return true
	}
	for i, f := range fm.sources {
		g, o := fm.graphs[i], fm.overridden[i]
		if o.label != "" || o.used {
			return true
		}
		if f == nil || o.unused {
			if fm.types[i] != nil {
				return true
			}
			continue
		}
		if g.isExternal(f) || g.Has(federation.Requires, f.Directives) || g.Has(federation.Provides, f.Directives) ||
			hasContextArguments(g, f) {
			return true
		}
	}
	return false
}
