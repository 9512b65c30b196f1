package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// checkMerged checks the rules that only the whole supergraph can tell.
func (m *merger) checkMerged() {
	m.checkImplementations()
	if len(m.errs) > 0 {
		return
	}
	m.mergeAccessControl()
	for _, check := range []func(){m.checkAccessControl, m.checkSubtypes, m.checkInaccessible} {
		if check(); len(m.errs) > 0 {
			return
		}
	}
}

// checkImplementations reports interface fields that an implementing type has in no subgraph.
func (m *merger) checkImplementations() {
	for _, def := range m.out.apiTypes() {
		for _, name := range def.Interfaces {
			itf := m.out.types[name]
			if itf == nil {
				continue
			}
			for _, f := range itf.Fields {
				if m.out.field(def.Name, f.Name) == nil {
					m.missingImplementation(def, itf, f)
				}
			}
		}
	}
}

func (m *merger) missingImplementation(def, itf *ast.Definition, f *ast.FieldDefinition) {
	var declaring, implementing []string
	for _, g := range m.graphs {
		if t := g.Types[itf.Name]; t != nil && t.Field(f.Name) != nil {
			declaring = append(declaring, g.name)
		}
		if t := g.Types[def.Name]; t != nil && slices.Contains(t.Interfaces, itf.Name) {
			implementing = append(implementing, g.name)
		}
	}
	m.failOn(def.Name, federation.ErrInterfaceFieldNoImplem, "Interface field %q is declared in %s but type %q, which implements %q only in %s "+
		"does not have field %q.", itf.Name+"."+f.Name, quotedGraphs(declaring), def.Name, itf.Name, quotedGraphs(implementing), f.Name)
}

// checkSubtypes reports fields whose merged type no longer fits the interface's.
func (m *merger) checkSubtypes() {
	for _, def := range m.out.apiTypes() {
		for _, name := range def.Interfaces {
			if itf := m.out.types[name]; itf != nil {
				m.checkImplementedFields(def, itf)
			}
		}
	}
}

func (m *merger) checkImplementedFields(def, itf *ast.Definition) {
	for _, want := range itf.Fields {
		have := m.out.field(def.Name, want.Name)
		if have == nil {
			continue
		}
		if !m.out.isSubtype(have.Type, want.Type) {
			m.failOn(def.Name+"."+have.Name, federation.ErrInvalidGraphQL, "Interface field %s.%s expects type %s but %s.%s of type %s is not a proper subtype.",
				itf.Name, want.Name, want.Type, def.Name, have.Name, have.Type)
		}
		for _, arg := range want.Arguments {
			mine := have.Arguments.ForName(arg.Name)
			switch {
			case mine == nil:
				m.failOn(def.Name+"."+have.Name, federation.ErrInvalidGraphQL, "Interface field argument %s.%s(%s:) expected but %s.%s does not provide it.",
					itf.Name, want.Name, arg.Name, def.Name, have.Name)
			case mine.Type.String() != arg.Type.String():
				m.failOn(def.Name+"."+have.Name, federation.ErrInvalidGraphQL, "Interface field argument %s.%s(%s:) expects type %s but %s.%s(%s:) is type %s.",
					itf.Name, want.Name, arg.Name, arg.Type, def.Name, have.Name, arg.Name, mine.Type)
			}
		}
	}
}

// checkInterfaceKeys reports graphs that resolve an interface by key but do not know all its implementations.
func (m *merger) checkInterfaceKeys() {
	for _, def := range m.out.apiTypes() {
		if def.Kind != ast.Interface {
			continue
		}
		for _, g := range m.graphs {
			if t := g.Types[def.Name]; t != nil && t.Kind == ast.Interface {
				m.checkInterfaceKey(g, t)
			}
		}
	}
}

func (m *merger) checkInterfaceKey(g *graph, t *federation.Type) {
	keys := g.Keys(t)
	i := slices.IndexFunc(keys, func(k federation.KeyOf) bool { return k.Resolvable })
	if i < 0 {
		return
	}
	var missing []string
	for _, name := range m.out.implementers(t.Name) {
		if !slices.Contains(g.PossibleTypes(t.Name), name) {
			missing = append(missing, `"`+name+`"`)
		}
	}
	if len(missing) == 0 {
		return
	}
	slices.Sort(missing)
	types, them := "type", "it"
	if len(missing) > 1 {
		types, them = "types", "them"
	}
	m.failAt(federation.ErrInterfaceKeyMissingImplementationType, g, keys[i].Directive.Position,
		"Interface type %q has a resolvable key (%s) in subgraph %q but that subgraph is missing some of the supergraph implementation "+
			"types of %q. Subgraph %q should define %s %s (and have %s implement %q).",
		t.Name, printDirective(keys[i].Directive), g.name, t.Name, g.name, types, joinAnd(missing), them, t.Name)
}

// checkInterfaceObjects reports interface objects without an interface, and beside implementations of theirs.
func (m *merger) checkInterfaceObjects() {
	for _, def := range m.out.apiTypes() {
		if def.Kind != ast.Interface || !m.hasInterfaceObject(def.Name) {
			continue
		}
		var objects []string
		interfaces := 0
		for _, g := range m.graphs {
			t := g.Types[def.Name]
			switch {
			case t == nil:
			case g.isInterfaceObject(t):
				objects = append(objects, g.name)
				m.checkBesideInterfaceObject(g, t)
			default:
				interfaces++
			}
		}
		if interfaces == 0 {
			m.failOn(def.Name, federation.ErrInterfaceObjectUsageError, "Type %q is declared with @interfaceObject in all the subgraphs in which it is defined "+
				"(it is defined in %s but should be defined as an interface in at least one subgraph).", def.Name, quotedGraphs(objects))
		}
	}
}

func (m *merger) checkBesideInterfaceObject(g *graph, t *federation.Type) {
	var defined []string
	for _, name := range m.out.implementers(t.Name) {
		if g.Types[name] != nil {
			defined = append(defined, `"`+name+`"`)
		}
	}
	if len(defined) == 0 {
		return
	}
	slices.Sort(defined)
	what := "type " + defined[0]
	if len(defined) > 1 {
		what = "types " + joinAnd(defined)
	}
	m.failAt(federation.ErrInterfaceObjectUsageError, g, t.Position, "Interface type %q is defined as an @interfaceObject in subgraph %q so "+
		"that subgraph should not define any of the implementation types of %q, but it defines %s", t.Name, g.name, t.Name, what)
}
