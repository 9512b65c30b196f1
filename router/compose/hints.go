package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// hintPresence tells of fields that only some of the subgraphs with a value type or interface have.
func (fm *fieldMerge) hintPresence() {
	if fm.isRoot(fm.parent.Name) || fm.someEntity() {
		return
	}
	var having, missing []string
	for i, t := range fm.types {
		switch {
		case t == nil:
		case fm.sources[i] == nil:
			missing = append(missing, fm.graphs[i].name)
		default:
			having = append(having, fm.graphs[i].name)
		}
	}
	if len(missing) == 0 {
		return
	}
	code, kind := HintInconsistentObjectValueTypeField, "non-entity object type"
	if fm.parent.Kind == ast.Interface {
		code, kind = HintInconsistentInterfaceValueTypeField, "interface type"
	}
	fm.hint(code, "Field %q of %s %q is defined in some but not all subgraphs that define %q: %q is defined in %s but not in %s.",
		fm.coordinate(), kind, fm.parent.Name, fm.parent.Name, fm.coordinate(), quotedGraphs(having), quotedGraphs(missing))
}

func (fm *fieldMerge) someEntity() bool {
	for i, t := range fm.types {
		if t != nil && fm.graphs[i].IsEntity(t) {
			return true
		}
	}
	return false
}

// hintEntity tells of types that are entities in only some subgraphs.
func (m *merger) hintEntity(def *ast.Definition, sources []*federation.Type) {
	if def.Kind != ast.Object {
		return
	}
	var with, without []string
	for i, t := range sources {
		switch {
		case t == nil:
		case m.graphs[i].IsEntity(t):
			with = append(with, m.graphs[i].name)
		default:
			without = append(without, m.graphs[i].name)
		}
	}
	if len(with) > 0 && len(without) > 0 {
		m.hint(HintInconsistentEntity, "Type %q is declared as an entity (has a @key applied) in some but not all defining subgraphs: "+
			"it has no @key in %s but has some @key in %s.", def.Name, quotedGraphs(without), quotedGraphs(with))
	}
}

// hintFeatureVersions tells of specifications that nobody composes from but that subgraphs link in different major versions.
func (m *merger) hintFeatureVersions() {
	majors := map[string][]int{}
	for _, g := range m.graphs {
		for _, l := range g.Links {
			if !slices.Contains(majors[l.Identity], l.Version.Major) {
				majors[l.Identity] = append(majors[l.Identity], l.Version.Major)
			}
		}
	}
	for _, identity := range sortedNames(majors) {
		composed := slices.ContainsFunc(m.core.composed, func(c composedDirective) bool { return c.link.Identity == identity })
		if len(majors[identity]) > 1 && !composed {
			m.hint(HintDirectiveCompositionInfo, "Non-composed core feature %q has major version mismatch across subgraphs", identity)
		}
	}
}

// hintUnexportedNames tells of composed directives that another graph knows by another name without composing them.
func (m *merger) hintUnexportedNames() {
	for _, c := range m.core.composed {
		for i, g := range m.graphs {
			if c.graphs[i] {
				continue
			}
			if local := localName(g, c.link.Identity, c.element); local != "" && local != c.local {
				m.hint(HintDirectiveCompositionWarn, "Composed directive \"@%s\" is named differently in a subgraph that doesn't export it. "+
					"Consistent naming will be required to export it.", c.local)
			}
		}
	}
}

// localName is what a graph calls an imported directive, "" when it does not import it.
func localName(g *graph, identity, element string) string {
	for _, l := range g.Links {
		if l.Identity != identity {
			continue
		}
		for _, imp := range l.Imports {
			if imp.Name == "@"+element {
				return imp.As[1:]
			}
		}
	}
	return ""
}
