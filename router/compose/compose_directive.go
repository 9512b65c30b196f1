package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// composedDirective is a custom directive that @composeDirective carries into the supergraph.
type composedDirective struct {
	local   string // its name in the graphs, and in the supergraph
	element string // its name in its specification
	link    *federation.Link
	graph   *graph // defines it; of the newest version
	graphs  map[int]bool
}

// composeUse is one @composeDirective of one graph.
type composeUse struct {
	graph *graph
	at    *ast.Directive
	local string
}

// resolveComposeDirectives checks the uses of @composeDirective and decides on each directive's definition.
func (m *merger) resolveComposeDirectives() {
	for _, g := range m.graphs {
		for _, d := range g.Applied(federation.ComposeDirective, g.Directives) {
			name, _ := federation.StringArg(d, "name")
			if use := (composeUse{g, d, strings.TrimPrefix(name, "@")}); m.composable(use, name) {
				m.addComposed(use)
			}
		}
	}
	m.checkFeatureVersions()
	m.hintFeatureVersions()
	m.hintUnexportedNames()
	slices.SortStableFunc(m.core.composed, func(a, b composedDirective) int { return strings.Compare(a.local, b.local) })
}

func (m *merger) composable(use composeUse, name string) bool {
	g := use.graph
	fail := func(format string, args ...any) {
		m.failAt(federation.ErrDirectiveCompositionError, g, use.at.Position, format, args...)
	}
	switch {
	case !strings.HasPrefix(name, "@"):
		fail("Argument to @composeDirective %q in subgraph %q must have a leading \"@\"", name, g.name)
	case m.isDefaultComposed(g, use.local):
		m.hintAt(HintDirectiveCompositionInfo, g, use.at.Position, "Directive %q should not be explicitly manually composed since it is a federation directive composed by default", name)
	case g.DirectiveDefinitions[use.local] == nil:
		fail("Could not find matching directive definition for argument to @composeDirective %q in subgraph %q.", name, g.name)
	case g.IsInternalDirective(use.local) && use.local != "oneOf":
		fail("Composing federation directive %q in subgraph %q is not supported", name, g.name)
	case isImportedAsAnother(g, use.local):
		fail("Directive %q in subgraph %q cannot be composed because it is imported to a different name", name, g.name)
	case linkOf(g, use.local) == nil:
		fail("Directive %q in subgraph %q cannot be composed because it is not a member of a core feature", name, g.name)
	default:
		return true
	}
	return false
}

func (m *merger) isDefaultComposed(g *graph, local string) bool {
	for _, f := range features() {
		for _, d := range f.directives {
			if g.LocalName(d.name) == local {
				return true
			}
		}
	}
	return false
}

// linkOf finds the link that a graph's directive belongs to.
func linkOf(g *graph, local string) *federation.Link {
	for _, l := range g.Links {
		for _, imp := range l.Imports {
			if imp.As == "@"+local {
				return l
			}
		}
	}
	for _, l := range g.Links {
		if l.Alias != "" && (local == l.Alias || strings.HasPrefix(local, l.Alias+"__")) {
			return l
		}
	}
	return nil
}

// isImportedAsAnother reports whether a link imports the directive of that name under another one.
func isImportedAsAnother(g *graph, local string) bool {
	return slices.ContainsFunc(g.Links, func(l *federation.Link) bool {
		return slices.ContainsFunc(l.Imports, func(i federation.Import) bool { return i.Name == "@"+local && i.As != i.Name }) &&
			linkOf(g, local) == l
	})
}

// elementOf is a directive's name in its specification.
func elementOf(l *federation.Link, local string) string {
	for _, imp := range l.Imports {
		if imp.As == "@"+local {
			return imp.Name[1:]
		}
	}
	if local == l.Alias {
		return l.Name
	}
	return strings.TrimPrefix(local, l.Alias+"__")
}

func (m *merger) addComposed(use composeUse) {
	link := linkOf(use.graph, use.local)
	element := elementOf(link, use.local)
	for i := range m.core.composed {
		known := &m.core.composed[i]
		same := known.link.Identity == link.Identity && known.element == element
		switch {
		case known.local == use.local && !same:
			m.fail(federation.ErrDirectiveCompositionError,
				"Composed directive \"@%s\" is not linked by the same core feature in every subgraph", use.local)
			return
		case same && known.local != use.local:
			m.fail(federation.ErrDirectiveCompositionError, "Composed directive is not named consistently in all subgraphs but got "+
				"\"@%s\" in subgraph %q and \"@%s\" in subgraph %q", known.local, known.graph.name, use.local, use.graph.name)
			return
		case same:
			known.graphs[use.graph.index] = true
			if link.Version.AtLeast(known.link.Version) {
				known.link, known.graph = link, use.graph
			}
			return
		}
	}
	m.core.composed = append(m.core.composed, composedDirective{
		local: use.local, element: element, link: link, graph: use.graph, graphs: map[int]bool{use.graph.index: true},
	})
}

// checkFeatureVersions holds the versions of each composed specification against each other, in all graphs composing
// from it.
func (m *merger) checkFeatureVersions() {
	reported := map[string]bool{}
	major := map[string]int{}
	for _, c := range m.core.composed {
		for i := range m.graphs {
			if !c.graphs[i] {
				continue
			}
			l := linkOf(m.graphs[i], c.local)
			if known, ok := major[l.Identity]; ok && known != l.Version.Major && !reported[l.Identity] {
				reported[l.Identity] = true
				m.fail(federation.ErrDirectiveCompositionError,
					"Core feature %q requested to be merged has major version mismatch across subgraphs", l.Identity)
			}
			major[l.Identity] = l.Version.Major
		}
	}
}

// isComposed reports whether the graph's applications of its directive reach the supergraph by @composeDirective.
func (m *merger) isComposed(g *graph, local string) bool {
	return slices.ContainsFunc(m.core.composed, func(c composedDirective) bool { return c.local == local && c.graphs[g.index] })
}

// composedLinks are the supergraph's links of the specifications composed from, each in its newest version.
func (m *merger) composedLinks() []*ast.Directive {
	newest := map[string]*federation.Link{}
	imports := map[string][]*ast.Value{}
	for _, c := range m.core.composed {
		id := c.link.Identity
		if newest[id] == nil || c.link.Version.AtLeast(newest[id].Version) {
			newest[id] = c.link
		}
		item := text("@" + c.local)
		if c.local != c.element {
			item = object(argument{"name", text("@" + c.element)}, argument{"as", text("@" + c.local)})
		}
		imports[id] = append(imports[id], item)
	}
	var links []*ast.Directive
	for _, id := range sortedNames(newest) {
		links = append(links, directive("link", argument{"url", text(newest[id].URL)}, argument{"import", list(imports[id]...)}))
	}
	return links
}
