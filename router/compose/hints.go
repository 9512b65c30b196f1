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
	fm.hintOn(fm.coordinate(), code, "Field %q of %s %q is defined in some but not all subgraphs that define %q: %q is defined in %s but not in %s.",
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
		m.hintOn(def.Name, HintInconsistentEntity, "Type %q is declared as an entity (has a @key applied) in some but not all defining subgraphs: "+
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
			g, l := m.firstLink(identity)
			m.hintAt(HintDirectiveCompositionInfo, g, l.Position, "Non-composed core feature %q has major version mismatch across subgraphs", identity)
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
				m.hintAt(HintDirectiveCompositionWarn, g, g.linkTo(c.link.Identity).Position, "Composed directive \"@%s\" is named differently in a subgraph that doesn't export it. "+
					"Consistent naming will be required to export it.", c.local)
			}
		}
	}
}

// localName is what a graph calls an imported directive, "" when it does not import it.
func localName(g *graph, identity, element string) string {
	l := g.linkTo(identity)
	if l == nil {
		return ""
	}
	for _, imp := range l.Imports {
		if imp.Name == "@"+element {
			return imp.As[1:]
		}
	}
	return ""
}

// linkTo is the graph's link of a specification, nil when it has none.
func (g *graph) linkTo(identity string) *federation.Link {
	i := slices.IndexFunc(g.Links, func(l *federation.Link) bool { return l.Identity == identity })
	if i < 0 {
		return nil
	}
	return g.Links[i]
}

// firstLink is the first graph's link of a specification that some graph links.
func (m *merger) firstLink(identity string) (*graph, *federation.Link) {
	for _, g := range m.graphs {
		if l := g.linkTo(identity); l != nil {
			return g, l
		}
	}
	return nil, nil
}

// impliedVersion is the federation version that a graph is composed as: the one that it links, or a later one when a
// specification that it links by itself came with that one. Then a hint tells of it. Federation 1 graphs imply none.
func (m *merger) impliedVersion(g *graph) federation.Version {
	implied, by := g.Version, (*federation.Link)(nil)
	if g.linkTo(federation.FederationIdentity) == nil {
		return implied
	}
	for _, l := range g.Links {
		if since, ok := l.FederationVersion(); ok && !implied.AtLeast(since) {
			implied, by = since, l
		}
	}
	if by != nil {
		m.hintAt(HintImplicitlyUpgradedFederationVersion, g, by.Position,
			"Subgraph %s has been implicitly upgraded from federation v%d.%d to v%d.%d",
			g.name, g.Version.Major, g.Version.Minor, implied.Major, implied.Minor)
	}
	return implied
}
