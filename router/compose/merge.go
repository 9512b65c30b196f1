package compose

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// merger builds the supergraph out of the graphs and collects what is wrong with them.
type merger struct {
	options Options

	graphs []*graph
	out    *supergraph
	errs   []*Error
	hints  []Hint

	core     *coreFeatures
	enumUses map[string]*enumUse

	// overrides are the fields that @override touches; labelOf has the labels of progressive ones by coordinate.
	overrides map[overrideAt]overridden
	labelOf   map[string]string
}

func newMerger(subgraphs []Subgraph, schemas []*federation.Schema, options Options) *merger {
	return &merger{
		options:  options,
		graphs:   newGraphs(subgraphs, schemas),
		out:      newSupergraph(),
		enumUses: map[string]*enumUse{},

		overrides: map[overrideAt]overridden{},
		labelOf:   map[string]string{},
	}
}

// merge fills the supergraph:
//
//  1. decide which core features there are, and which directives are composed;
//  2. put down all types, with their interfaces and union members, so that subtypes are known;
//  3. merge the types' fields and the directive definitions;
//  4. merge enums, whose merge depends on where they are used;
//  5. check what only the whole supergraph can tell.
func (m *merger) merge() {
	m.resolveCoreFeatures()
	if len(m.errs) > 0 {
		return
	}
	m.mergeRoots()
	names := m.typeNames()
	for _, name := range names {
		m.mergeTypeShallow(name)
	}
	for _, name := range names {
		m.mergeTypeBody(name)
	}
	m.completeImplementations()
	m.mergeDirectiveDefinitions()
	m.mergeEnums()
	m.mergeSchemaApplications()
	m.addCoreDefinitions()
	m.checkInterfaceObjects()
	m.checkInterfaceKeys()
	if len(m.errs) == 0 {
		m.checkMerged()
	}
}

func (m *merger) fail(code federation.Code, format string, args ...any) {
	m.errs = append(m.errs, federation.Errorf(code, "", nil, format, args...))
}

func (m *merger) failAt(code federation.Code, g *graph, pos *ast.Position, format string, args ...any) {
	m.errs = append(m.errs, federation.Errorf(code, g.name, pos, format, args...))
}

// typeNames are the names of all types of the subgraphs' APIs, in the order of the graphs and their SDL.
func (m *merger) typeNames() []string {
	var names []string
	seen := map[string]bool{}
	for _, g := range m.graphs {
		for _, t := range g.UserTypes() {
			if !seen[t.Name] && !m.isFeatureType(g, t.Name) {
				seen[t.Name] = true
				names = append(names, t.Name)
			}
		}
	}
	return names
}

// sources are the graphs' definitions of a type, by graph index.
func (m *merger) sources(name string) []*federation.Type {
	sources := make([]*federation.Type, len(m.graphs))
	for i, g := range m.graphs {
		if !g.IsInternalType(name) {
			sources[i] = g.Types[name]
		}
	}
	return sources
}

func (m *merger) mergeRoots() {
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		for _, g := range m.graphs {
			if root, ok := g.Roots[op]; ok && len(g.Types[root].Fields) > 0 {
				m.out.roots[op] = root
			}
		}
	}
	if m.out.roots[ast.Query] == "" {
		m.fail(federation.ErrNoQueries, "No queries found in any subgraph: a supergraph must have a query root type.")
	}
}

// quotedGraphs lists graphs for a message: subgraph "a", subgraphs "a" and "b".
func quotedGraphs(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `"` + name + `"`
	}
	if len(quoted) == 1 {
		return "subgraph " + quoted[0]
	}
	return "subgraphs " + joinAnd(quoted)
}

func joinAnd(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// distribution says which value which subgraphs have: `type "A" in subgraph "x" but type "B" in subgraph "y"`.
func distribution(values []string, graphs []string) string {
	var order []string
	by := map[string][]string{}
	for i, v := range values {
		if by[v] == nil {
			order = append(order, v)
		}
		by[v] = append(by[v], graphs[i])
	}
	parts := make([]string, len(order))
	for i, v := range order {
		parts[i] = v + " in " + quotedGraphs(by[v])
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return parts[0] + " but " + strings.Join(parts[1:], " and ")
}
