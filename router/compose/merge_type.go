package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// mergeTypeShallow puts down a type of the supergraph: kind, description, interfaces, members and @join__type.
func (m *merger) mergeTypeShallow(name string) {
	sources := m.sources(name)
	kind := m.kindOf(name, sources)
	for i, t := range sources {
		if t != nil && m.graphs[i].mergedKind(t) != kind {
			sources[i] = nil
		}
	}
	m.checkExtension(name, sources)
	def := &ast.Definition{Kind: kind, Name: name, Description: m.mergeDescription(typeDescriptions(sources), `type "`+name+`"`, name)}
	m.out.addType(def)
	m.mergeImplements(def, sources)
	if kind == ast.Union {
		m.addMembers(def, sources)
	}
	m.addJoinTypes(def, sources)
	if kind == ast.Union {
		m.addJoinMembers(def, sources)
	}
}

// kindOf decides the kind, and reports where subgraphs disagree; the first graph's wins then.
func (m *merger) kindOf(name string, sources []*federation.Type) ast.DefinitionKind {
	var kind ast.DefinitionKind
	var kinds, graphs []string
	mismatch := false
	for i, t := range sources {
		if t == nil {
			continue
		}
		mine := m.graphs[i].mergedKind(t)
		if kind == "" {
			kind = mine
		}
		mismatch = mismatch || mine != kind
		kinds, graphs = append(kinds, m.kindName(m.graphs[i], t)), append(graphs, m.graphs[i].name)
	}
	if mismatch {
		m.failOn(name, federation.ErrTypeKindMismatch, "Type %q has mismatched kind: it is defined as %s", name, distribution(kinds, graphs))
	}
	return kind
}

func (m *merger) kindName(g *graph, t *federation.Type) string {
	if g.isInterfaceObject(t) {
		return "Interface Object Type (Object Type with @interfaceObject)"
	}
	return map[ast.DefinitionKind]string{
		ast.Object: "Object Type", ast.Interface: "Interface Type", ast.Union: "Union Type", ast.Enum: "Enum Type",
		ast.InputObject: "InputObject Type", ast.Scalar: "Scalar Type",
	}[t.Kind]
}

// checkExtension reports a type that all subgraphs only extend.
func (m *merger) checkExtension(name string, sources []*federation.Type) {
	if slices.Contains([]string{"Query", "Mutation", "Subscription"}, name) {
		return
	}
	defined := slices.ContainsFunc(sources, func(t *federation.Type) bool { return t != nil && t.Defined })
	if defined {
		return
	}
	for i, t := range sources {
		if t != nil && t.Extended {
			m.failAt(federation.ErrExtensionWithNoBase, m.graphs[i], t.Position,
				"Type %q is an extension type, but there is no type definition for %q in any subgraph.", name, name)
		}
	}
}

func (m *merger) mergeImplements(def *ast.Definition, sources []*federation.Type) {
	for i, t := range sources {
		if t == nil {
			continue
		}
		for _, itf := range t.Interfaces {
			if !slices.Contains(def.Interfaces, itf) {
				def.Interfaces = append(def.Interfaces, itf)
			}
			def.Directives = append(def.Directives, directive("join__implements",
				argument{"graph", enum(m.graphs[i].enum)}, argument{"interface", text(itf)}))
		}
	}
}

func (m *merger) addMembers(def *ast.Definition, sources []*federation.Type) {
	for _, t := range sources {
		if t == nil {
			continue
		}
		for _, member := range t.Types {
			if !slices.Contains(def.Types, member) {
				def.Types = append(def.Types, member)
			}
		}
	}
}

// addJoinTypes writes, a graph, one @join__type for each key, or one without a key.
func (m *merger) addJoinTypes(def *ast.Definition, sources []*federation.Type) {
	for i, t := range sources {
		if t == nil {
			continue
		}
		g := m.graphs[i]
		extends := g.Has(federation.Extends, t.Directives)
		interfaceObject := flag(g.isInterfaceObject(t))
		keys := g.Keys(t)
		if len(keys) == 0 {
			def.Directives = append(def.Directives, directive("join__type",
				argument{"graph", enum(g.enum)}, argument{"isInterfaceObject", interfaceObject}))
		}
		for _, key := range keys {
			var resolvable *ast.Value
			if given := key.Directive.Arguments.ForName("resolvable"); given != nil {
				resolvable = given.Value
			}
			def.Directives = append(def.Directives, directive("join__type",
				argument{"graph", enum(g.enum)}, argument{"key", text(key.Text)},
				argument{"extension", flag(key.OfExtension || extends)},
				argument{"resolvable", resolvable}, argument{"isInterfaceObject", interfaceObject}))
		}
	}
}

func (m *merger) addJoinMembers(def *ast.Definition, sources []*federation.Type) {
	for _, member := range def.Types {
		var missing, having []string
		for i, t := range sources {
			if t == nil {
				continue
			}
			if !slices.Contains(t.Types, member) {
				missing = append(missing, m.graphs[i].name)
				continue
			}
			having = append(having, m.graphs[i].name)
			def.Directives = append(def.Directives, directive("join__unionMember",
				argument{"graph", enum(m.graphs[i].enum)}, argument{"member", text(member)}))
		}
		if len(missing) > 0 {
			m.hintOn(def.Name, HintInconsistentUnionMember, "Union type %q includes member type %q in some but not all defining subgraphs: "+
				"%q is defined in %s but not in %s.", def.Name, member, member, quotedGraphs(having), quotedGraphs(missing))
		}
	}
}

// mergeTypeBody merges the fields, and the directives applied on a type.
func (m *merger) mergeTypeBody(name string) {
	def := m.out.types[name]
	sources := m.sources(name)
	for i, t := range sources {
		if t != nil && m.graphs[i].mergedKind(t) != def.Kind {
			sources[i] = nil
		}
	}
	switch def.Kind {
	case ast.Object, ast.Interface:
		m.mergeFields(def, sources)
		m.hintEntity(def, sources)
	case ast.InputObject:
		m.mergeInputFields(def, sources)
	case ast.Union, ast.Enum, ast.Scalar:
	}
	m.mergeApplied(&def.Directives, typeApplications(sources), coordinate{name: name, kind: def.Kind})
}

func typeDescriptions(sources []*federation.Type) []*string {
	descriptions := make([]*string, len(sources))
	for i, t := range sources {
		if t != nil {
			descriptions[i] = &t.Description
		}
	}
	return descriptions
}

func typeApplications(sources []*federation.Type) []ast.DirectiveList {
	lists := make([]ast.DirectiveList, len(sources))
	for i, t := range sources {
		if t != nil {
			lists[i] = t.Directives
		}
	}
	return lists
}
