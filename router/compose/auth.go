package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// access is what a request must have: authentication, and alternatives of scopes and of policies; nil asks for none.
type access struct {
	authenticated    bool
	scopes, policies [][]string
}

// accessOf reads the merged access control of an element.
func (m *merger) accessOf(on ast.DirectiveList) access {
	var a access
	a.authenticated = m.hasMerged(on, federation.Authenticated)
	if d := m.merged(on, federation.RequiresScopes); d != nil && len(d.Arguments) > 0 {
		a.scopes = dnf(d.Arguments[0].Value)
	}
	if d := m.merged(on, federation.Policy); d != nil && len(d.Arguments) > 0 {
		a.policies = dnf(d.Arguments[0].Value)
	}
	return a
}

func (m *merger) merged(on ast.DirectiveList, name federation.DirectiveName) *ast.Directive {
	local := m.core.local[name]
	if local == "" {
		return nil
	}
	return on.ForName(local)
}

// and is what satisfies both.
func (a access) and(b access) access {
	return access{
		authenticated: a.authenticated || b.authenticated,
		scopes:        andAlternatives(a.scopes, b.scopes),
		policies:      andAlternatives(a.policies, b.policies),
	}
}

func andAlternatives(a, b [][]string) [][]string {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return dnf(conjunction(dnfValue(a), dnfValue(b)))
}

// implies reports whether whoever has a has b.
func (a access) implies(b access) bool {
	return (a.authenticated || !b.authenticated) && impliesAlternatives(a.scopes, b.scopes) && impliesAlternatives(a.policies, b.policies)
}

func impliesAlternatives(have, need [][]string) bool {
	if need == nil {
		return true
	}
	if have == nil {
		return slices.ContainsFunc(need, func(n []string) bool { return len(n) == 0 })
	}
	return !slices.ContainsFunc(have, func(h []string) bool {
		return !slices.ContainsFunc(need, func(n []string) bool { return containsAll(h, n) })
	})
}

// mergeAccessControl gives interfaces and their fields what all implementations together ask for: whoever may see the
// interface may then see any of them.
func (m *merger) mergeAccessControl() {
	if !m.controlsAccess() {
		return
	}
	m.protectImplementations()
	for _, def := range m.out.apiTypes() {
		if def.Kind != ast.Interface {
			continue
		}
		implementers := m.out.implementers(def.Name)
		m.setAccess(&def.Directives, def.Name, m.accessOfAll(implementers, func(t *ast.Definition) ast.DirectiveList { return t.Directives }))
		for _, f := range def.Fields {
			m.setAccess(&f.Directives, def.Name+"."+f.Name, m.accessOfAll(implementers, func(t *ast.Definition) ast.DirectiveList {
				if impl := m.out.field(t.Name, f.Name); impl != nil {
					return impl.Directives
				}
				return nil
			}))
		}
	}
}

// protectImplementations gives the implementations' fields what interface objects ask for.
func (m *merger) protectImplementations() {
	for _, def := range m.out.apiTypes() {
		if def.Kind != ast.Interface {
			continue
		}
		for _, f := range def.Fields {
			asked := m.accessOf(f.Directives)
			for _, name := range m.out.implementers(def.Name) {
				if impl := m.out.field(name, f.Name); impl != nil {
					m.setAccess(&impl.Directives, name+"."+f.Name, []access{asked})
				}
			}
		}
	}
}

func (m *merger) controlsAccess() bool {
	for _, name := range []federation.DirectiveName{federation.Authenticated, federation.RequiresScopes, federation.Policy} {
		if m.core.local[name] != "" {
			return true
		}
	}
	return false
}

func (m *merger) accessOfAll(names []string, of func(*ast.Definition) ast.DirectiveList) []access {
	all := make([]access, len(names))
	for i, name := range names {
		all[i] = m.accessOf(of(m.out.types[name]))
	}
	return all
}

// setAccess adds to what an element already asks for.
func (m *merger) setAccess(on *ast.DirectiveList, coordinate string, more []access) {
	all := m.accessOf(*on)
	scopes, policies := false, false
	for _, a := range more {
		scopes = scopes || differs(all.scopes, a.scopes)
		policies = policies || differs(all.policies, a.policies)
		all = all.and(a)
	}
	m.hintMergedAccess(federation.RequiresScopes, coordinate, scopes)
	m.hintMergedAccess(federation.Policy, coordinate, policies)
	var kept ast.DirectiveList
	for _, d := range *on {
		switch m.core.byName[d.Name] {
		case federation.Authenticated, federation.RequiresScopes, federation.Policy:
		default:
			kept = append(kept, d)
		}
	}
	if all.authenticated {
		kept = append(kept, directive(m.core.local[federation.Authenticated]))
	}
	if all.scopes != nil {
		kept = append(kept, directive(m.core.local[federation.RequiresScopes], argument{"scopes", dnfValue(all.scopes)}))
	}
	if all.policies != nil {
		kept = append(kept, directive(m.core.local[federation.Policy], argument{"policies", dnfValue(all.policies)}))
	}
	*on = kept
}

func differs(a, b [][]string) bool {
	return a != nil && b != nil && !slices.EqualFunc(a, b, slices.Equal[[]string])
}

func (m *merger) hintMergedAccess(name federation.DirectiveName, coordinate string, merged bool) {
	if merged {
		m.hintOn(coordinate, HintMergedNonRepeatableDirectiveArguments, "Directive @%s is applied to %q in multiple subgraphs with different arguments. "+
			"Merging strategies used by arguments: %s", m.core.local[name], coordinate, argumentStrategies()[name])
	}
}

// checkAccessControl reports fields whose @requires or @fromContext would show what the field itself does not protect.
func (m *merger) checkAccessControl() {
	if !m.controlsAccess() {
		return
	}
	for _, g := range m.graphs {
		for _, t := range g.UserTypes() {
			if t.Kind != ast.Object {
				continue
			}
			for _, f := range t.Fields {
				if set, ok := g.RequiresOf(t, f); ok {
					m.checkTransitive(g, t, f, set, "requires")
				}
				for _, c := range g.ContextsOf(f) {
					m.checkTransitive(g, t, f, c.Selections(), "fromContext")
				}
			}
		}
	}
}

func (m *merger) checkTransitive(g *graph, t *federation.Type, f *ast.FieldDefinition, set federation.FieldSet, name string) {
	merged := m.out.field(t.Name, f.Name)
	if merged == nil {
		return
	}
	have := m.accessOf(merged.Directives).and(m.accessOf(m.out.types[t.Name].Directives))
	if missing := m.firstProtected(set, have); missing != "" {
		m.failAt(federation.ErrMissingTransitiveAuthRequirements, g, f.Position, "Field %q does not specify necessary @authenticated, "+
			"@requiresScopes and/or @policy auth requirements to access the transitive field %q data from @%s selection set.",
			t.Name+"."+f.Name, missing, name)
	}
}

// firstProtected finds a selected field that asks for more than the request is known to have.
func (m *merger) firstProtected(set federation.FieldSet, have access) string {
	for _, sel := range set {
		if need := m.neededFor(sel); !have.implies(need) {
			return m.describeSelection(sel)
		}
		if found := m.firstProtected(sel.Selections, have); found != "" {
			return found
		}
	}
	return ""
}

func (m *merger) describeSelection(sel *federation.FieldSelection) string {
	if sel.IsFragment() {
		return sel.Type
	}
	return sel.Parent + "." + sel.Name
}

func (m *merger) neededFor(sel *federation.FieldSelection) access {
	var need access
	if t := m.out.types[sel.Type]; t != nil {
		need = m.accessOf(t.Directives)
	}
	if f := m.out.field(sel.Parent, sel.Name); f != nil && !sel.IsFragment() {
		need = need.and(m.accessOf(f.Directives))
	}
	return need
}
