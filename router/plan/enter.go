package plan

import (
	"slices"

	"devportal.internal/router/supergraph"
)

// enter makes an entry of a subgraph at a place, by the cheaper of a key move and of asking the way from the root anew.
// Where both cost the same, the way from the root is taken if no list is on it, for it needs no later stage.
func (b *builder) enter(p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, defers int) *entry {
	b.step()
	if e := b.entryOf(p, sub, types, defers); e != nil {
		return e
	}
	key, reentry := b.keyMoveCost(p, sub, types, defers), b.reentryCost(p, sub, types, defers)
	switch {
	case key >= unreachable && reentry >= unreachable:
		b.stop(CodeImpossible, "%s cannot be reached in subgraph %s from %s", p.typename, sub.Name, b.where(p))
	case reentry < key || reentry == key && !p.inList:
		return b.reenter(p, sub, defers)
	}
	return b.moveByKey(p, sub, types, needs{}, defers)
}

// reenter asks a subgraph for the fields that lead to a place.
func (b *builder) reenter(p *place, sub *supergraph.Subgraph, defers int) *entry {
	if p.via == nil {
		return b.rootEntry(sub, defers)
	}
	above := b.enter(p.parent, sub, p.via.types, defers)
	v := p.via.value
	v.sources = append(v.sources, source{above, p.via.types})
	b.enterChild(p, above, above.node.add(v, p.via.types, nil))
	return p.entries[len(p.entries)-1]
}

func (b *builder) visitOf(p *place, sub *supergraph.Subgraph, types supergraph.TypeSet) visit {
	return visit{place: p, sub: sub.Index, types: b.know.schema.Objects[types.First()]}
}

// enterWithRequires makes an entry for a field with @requires or arguments from contexts: what it needs is resolved first.
func (b *builder) enterWithRequires(v *value, types supergraph.TypeSet, sub *supergraph.Subgraph, defers int) *entry {
	var more needs
	for object := range types.All() {
		r, _ := b.know.in(object, v.name, sub)
		if r.field.Requires != nil {
			more.requires = addRequirement(more.requires, requirement{r.field.Requires, b.know.single(object)})
		}
		uses, _ := b.contextsOf(v.place, r.field)
		more.contexts = addContexts(more.contexts, uses)
	}
	return b.moveByKey(v.place, sub, types, more, defers)
}

// needs are what a field needs beside the object's key.
type needs struct {
	requires []requirement
	contexts []*contextUse
}

func addRequirement(list []requirement, need requirement) []requirement {
	for i := range list {
		if setsEqual(list[i].set, need.set) {
			list[i].types = list[i].types.Or(need.types)
			return list
		}
	}
	return append(list, need)
}

// maxChain bounds how deeply keys and requires need each other.
const maxChain = 40

// moveByKey makes an entity fetch at a place, or adds to one that can wait for what is needed.
func (b *builder) moveByKey(
	p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, more needs, defers int,
) *entry {
	if b.isQuery(p) {
		return b.moveToRoot(p, sub, defers)
	}
	if b.depth++; b.depth > maxChain {
		b.stop(CodeImpossible, "%s in subgraph %s needs itself at %s", p.typename, sub.Name, b.where(p))
	}
	defer func() { b.depth-- }()
	var deps []*draft
	for _, need := range more.requires {
		deps = b.want(p, need.set, need.types, defers, deps)
	}
	deps = b.wantContexts(more.contexts, defers, deps)
	at := b.visitOf(p, sub, types)
	if b.entering[at] {
		b.stop(CodeImpossible, "%s in subgraph %s needs itself at %s", p.typename, sub.Name, b.where(p))
	}
	b.entering[at] = true
	defer delete(b.entering, at)
	view := b.viewFor(p, sub, types, defers)
	keys := b.chooseKeys(p, sub, types, view, defers)
	for _, use := range keys {
		deps = b.want(p, use.key.Fields, use.types, defers, deps)
	}
	deps = b.typeDeps(p, types, view, defers, deps)
	e := b.entityEntry(p, sub, types, view, more.requires, deps, defers)
	for _, use := range keys {
		e.draft.keys = addKey(e.draft.keys, use)
	}
	for _, need := range more.requires {
		e.draft.requires = addRequirement(e.draft.requires, need)
	}
	e.draft.contexts = addContexts(e.draft.contexts, more.contexts)
	e.draft.dependOn(deps)
	return e
}

// typeDeps adds the fetches that tell the concrete types of objects which a draft must know.
func (b *builder) typeDeps(
	p *place, types supergraph.TypeSet, view *supergraph.Type, defers int, deps []*draft,
) []*draft {
	if p.possible.Len() > 1 && (view == nil || !p.possible.SubsetOf(types)) {
		deps = addDraft(deps, b.knowTypename(p, defers).draft)
	}
	for ; p.via != nil && p.parent.via != nil; p = p.parent {
		if !p.parent.possible.SubsetOf(p.via.types) {
			deps = addDraft(deps, b.knowTypename(p.parent, defers).draft)
		}
	}
	return deps
}

func addKey(list []keyUse, use keyUse) []keyUse {
	for i := range list {
		use.types = use.types.Minus(list[i].types)
		if list[i].key == use.key {
			list[i].types = list[i].types.Or(use.types)
			return list
		}
	}
	if use.types.Empty() {
		return list
	}
	return append(list, use)
}

// viewFor is the type that representations name: the interface object by which the subgraph knows the objects, or the
// entity interface where nobody who was asked knows the concrete type; nil for the objects' own type.
func (b *builder) viewFor(p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, defers int) *supergraph.Type {
	if views := b.know.views(sub, b.know.schema.Objects[types.First()]); len(views) > 0 && views[0].InterfaceObject {
		return b.resolvableView(views)
	}
	if p.possible.Len() == 1 || b.typenameEntry(p, defers) != nil {
		return nil
	}
	if t := b.interfaceView(p, sub); t != nil {
		return t
	}
	b.knowTypename(p, defers)
	return nil
}

func (b *builder) resolvableView(views []*supergraph.Type) *supergraph.Type {
	for _, view := range views {
		if slices.ContainsFunc(view.Keys, func(key *supergraph.Key) bool { return key.Resolvable }) {
			return view
		}
	}
	return views[0]
}

// interfaceView is an interface with a resolvable key that the subgraph has and that all objects of a place implement.
func (b *builder) interfaceView(p *place, sub *supergraph.Subgraph) *supergraph.Type {
	for _, e := range p.entries {
		if !e.blind() {
			continue
		}
		t := sub.Types[e.view.Name]
		if t != nil && !t.InterfaceObject && slices.ContainsFunc(t.Keys, func(k *supergraph.Key) bool { return k.Resolvable }) {
			return t
		}
	}
	return nil
}

// chooseKeys picks for each type the key that costs least to get.
func (b *builder) chooseKeys(
	p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, view *supergraph.Type, defers int,
) []keyUse {
	var uses []keyUse
	for object := range types.All() {
		t := view
		if t == nil {
			t = sub.Types[b.know.schema.Objects[object]]
		}
		best, cheapest := (*supergraph.Key)(nil), unreachable
		for _, key := range t.Keys {
			if !key.Resolvable {
				continue
			}
			if cost := b.keyCost(p, key, object, defers); cost < cheapest {
				best, cheapest = key, cost
			}
		}
		if best == nil {
			b.stop(CodeImpossible, "%s has no key for subgraph %s at %s", t.Name, sub.Name, b.where(p))
		}
		uses = addKey(uses, keyUse{best, b.know.single(object)})
	}
	return uses
}

// keyCost is what it costs to have the fields of a key at a place.
func (b *builder) keyCost(p *place, key *supergraph.Key, object, defers int) int {
	table := b.know.reachOf(object)
	best := unreachable
	for _, e := range p.entries {
		if e.types.Has(object) && b.reusable(e, defers) {
			best = min(best, b.know.setCost(object, table, e.sub, key.Fields)*fetchCost)
		}
	}
	if best >= unreachable {
		for _, o := range b.detours(p, b.know.single(object), defers) {
			best = min(best, o.cost+b.know.setCost(object, table, o.sub, key.Fields)*fetchCost)
		}
	}
	together := len(key.Fields)
	for _, field := range key.Fields {
		held := len(field.Sub) == 0 && slices.ContainsFunc(p.entries, func(e *entry) bool {
			return b.reusable(e, defers) && b.resolvesLocally(e, object, field.Name)
		})
		if !held {
			together += best
		}
	}
	return min(best+len(key.Fields), together)
}

// entityEntry is the entry of an entity fetch: an existing one that may wait for all deps and whose representations do
// not clash with what is needed, else a new one. An interface object's fields are selected for all objects that are
// sent, so that each of them must come with what the fields require.
func (b *builder) entityEntry(
	p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, view *supergraph.Type,
	needs []requirement, deps []*draft, defers int,
) *entry {
	for _, e := range p.entries {
		d := e.draft
		if !d.entity || d.place != p || d.sub != sub || d.view != view || d.defers != defers {
			continue
		}
		if d.blind() && len(needs)+len(d.requires) > 0 && !e.types.Equal(types) {
			continue
		}
		if b.mayWait(d, deps) && !b.clash(d, needs) {
			e.types = e.types.Or(types)
			return e
		}
	}
	d := b.newDraft(&draft{sub: sub, kind: Query, defers: defers, entity: true, place: p, view: view})
	e := &entry{place: p, draft: d, sub: sub, view: view, types: types}
	e.node = &node{entry: e}
	e.node.typename = view != nil && !view.InterfaceObject
	d.node = e.node
	p.entries = append(p.entries, e)
	return e
}

// mayWait reports whether a draft can wait for others without waiting for itself.
func (b *builder) mayWait(d *draft, deps []*draft) bool {
	for _, dep := range deps {
		if dep.needs(d) {
			return false
		}
	}
	return true
}

// clash reports whether requirements name a field under other arguments than a draft's representations have it.
func (b *builder) clash(d *draft, needs []requirement) bool {
	for _, have := range d.requires {
		for _, need := range needs {
			if setsClash(have.set, need.set) {
				return true
			}
		}
	}
	return false
}

// setsEqual reports whether two field sets ask for the same.
func setsEqual(x, y supergraph.FieldSet) bool {
	return slices.EqualFunc(x, y, func(f, g *supergraph.SetField) bool {
		return f.Name == g.Name && f.ArgumentsKey == g.ArgumentsKey && f.Types.Equal(g.Types) &&
			(f.Types == nil) == (g.Types == nil) && setsEqual(f.Sub, g.Sub)
	})
}

func setsClash(x, y supergraph.FieldSet) bool {
	for _, f := range x {
		for _, g := range y {
			if f.Name == g.Name && (f.ArgumentsKey != g.ArgumentsKey || setsClash(f.Sub, g.Sub)) {
				return true
			}
		}
	}
	return false
}
