package plan

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// option is one way to get a value. Costs are thousandths of a fetch.
type option struct {
	sub      *supergraph.Subgraph
	entry    *entry
	requires bool
	reentry  bool
	cost     int
}

const fetchCost = 1000

// options are the ways to get a value for types that have the same candidates, the cheapest by estimate first. A
// local field whose selections are all local, too, leaves no choice.
func (b *builder) options(v *value, types supergraph.TypeSet, defers int) []option {
	var list []option
	for _, e := range v.place.entries {
		if o, ok := b.localOption(v, types, e, defers); ok {
			if o.cost == 0 {
				return []option{o}
			}
			list = append(list, o)
		}
	}
	for _, r := range b.know.of(types.First(), v.name) {
		if !b.resolvesAll(r, v, types) || slices.ContainsFunc(list, func(l option) bool { return l.entry != nil && l.sub == r.sub }) {
			continue
		}
		list = append(list, b.moveOptions(v, types, r, defers)...)
	}
	slices.SortStableFunc(list, func(x, y option) int { return cmp.Compare(x.cost, y.cost) })
	return list
}

func (b *builder) localOption(v *value, types supergraph.TypeSet, e *entry, defers int) (option, bool) {
	if !types.SubsetOf(e.types) || !b.reusable(e, defers) {
		return option{}, false
	}
	for object := range types.All() {
		if !b.resolvesLocally(e, object, v.name) {
			return option{}, false
		}
	}
	return option{sub: e.sub, entry: e, cost: fetchCost * b.below(v, types, e.sub, e)}, true
}

// reusable reports whether what is delivered with a @defer may go in an entry's fetch: one that is sent no later.
func (b *builder) reusable(e *entry, defers int) bool { return b.encloses(e.draft.defers, defers) }

// encloses reports whether a part of the response is the same as another or around it.
func (b *builder) encloses(outer, inner int) bool {
	for ; inner != outer; inner = b.op.Defers[inner-1].Parent {
		if inner == 0 {
			return false
		}
	}
	return true
}

// resolvesLocally reports whether an entry's subgraph resolves a field of an object type where the entry stands.
func (b *builder) resolvesLocally(e *entry, object int, name string) bool {
	if !e.types.Has(object) {
		return false
	}
	if b.isProvided(e, object, name) {
		return true
	}
	field := b.fieldIn(e, object, name)
	if field == nil || field.NeedsMore() {
		return false
	}
	view := e.view
	if !e.blind() {
		view = e.sub.Types[b.know.schema.Objects[object]]
	}
	return b.know.usable(view, field)
}

// isProvided reports whether an enclosing @provides makes an external field of an entry resolvable.
func (b *builder) isProvided(e *entry, object int, name string) bool {
	for _, field := range e.provided {
		if field.Name == name && (field.Types == nil || field.Types.Has(object)) {
			return b.fieldIn(e, object, name) != nil
		}
	}
	return false
}

// moveOptions are the ways to get a value from a subgraph that the place is not known in, or that needs more than the
// place itself to resolve it.
func (b *builder) moveOptions(v *value, types supergraph.TypeSet, r resolver, defers int) []option {
	if r.field.NeedsMore() {
		return b.priced(nil, v, types, option{sub: r.sub, requires: true}, b.requiresCost(v, types, r, defers))
	}
	reentry := option{sub: r.sub, reentry: true}
	key := option{sub: r.sub}
	list := b.priced(nil, v, types, reentry, b.reentryCost(v.place, r.sub, types, defers))
	list = b.priced(list, v, types, key, b.keyMoveCost(v.place, r.sub, types, defers)-b.shared(v.place, r.sub, defers))
	if v.place.inList {
		slices.Reverse(list)
	}
	return list
}

// priced adds an option with all that its cost is made of, unless it is none.
func (b *builder) priced(list []option, v *value, types supergraph.TypeSet, o option, cost int) []option {
	if cost >= unreachable-fetchCost {
		return list
	}
	o.cost = cost - min(b.companions(v, o.sub), 50)
	if v.composite {
		o.cost += fetchCost * b.below(v, types, o.sub, nil)
	}
	return append(list, o)
}

// shared is what a key move saves where an entity fetch to the subgraph is planned already that could carry it.
func (b *builder) shared(p *place, sub *supergraph.Subgraph, defers int) int {
	for _, d := range b.drafts {
		if d.place == nil || d.sub != sub || d.defers != defers {
			continue
		}
		if d.place == p {
			return fetchCost * 9 / 10
		}
		if d.entity && !b.isQuery(p) && !slices.ContainsFunc(p.entries, func(e *entry) bool { return e.draft.needs(d) }) {
			return fetchCost * 6 / 10
		}
	}
	return 0
}

// companions counts what else the client wants at the place that the subgraph has: more makes a fetch to it worth more.
func (b *builder) companions(v *value, sub *supergraph.Subgraph) int {
	count := 0
	for _, other := range v.place.values {
		if other == v || other.types.SubsetOf(other.resolved) {
			continue
		}
		if _, ok := b.know.in(other.types.First(), other.name, sub); ok {
			count++
		}
	}
	return count
}

// requiresCost is what a field with @requires or arguments from contexts costs: the fetch, and what must be there before it.
func (b *builder) requiresCost(v *value, types supergraph.TypeSet, r resolver, defers int) int {
	if v.place.via == nil {
		return unreachable
	}
	object := types.First()
	if _, ok := b.contextsOf(v.place, r.field); !ok {
		return unreachable
	}
	cost := fetchCost
	for _, field := range r.field.Requires {
		best := unreachable
		for _, e := range v.place.entries {
			if b.resolvesLocally(e, object, field.Name) {
				best = 0
			}
		}
		for _, other := range b.know.of(object, field.Name) {
			step := b.enterCost(v.place, other.sub, b.know.single(object), defers)
			if other.field.NeedsMore() {
				step += fetchCost
			}
			best = min(best, step)
		}
		cost = max(cost, fetchCost+best)
	}
	if b.keyMoveCost(v.place, r.sub, types, defers) >= unreachable {
		return unreachable
	}
	return cost
}

// enterCost is what it costs to ask a subgraph about a place's objects.
func (b *builder) enterCost(p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, defers int) int {
	if b.entryOf(p, sub, types, defers) != nil {
		return 0
	}
	return min(b.keyMoveCost(p, sub, types, defers), b.reentryCost(p, sub, types, defers))
}

// entryOf is an entry of a subgraph that knows objects of the types.
func (b *builder) entryOf(p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, defers int) *entry {
	for _, e := range p.entries {
		if e.sub == sub && types.SubsetOf(e.types) && b.reusable(e, defers) {
			return e
		}
	}
	return nil
}

// keyMoveCost is what it costs to get to a subgraph by keys from where the place is known already.
func (b *builder) keyMoveCost(p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, defers int) int {
	if p.via == nil || b.entering[b.visitOf(p, sub, types)] {
		return unreachable
	}
	if b.isQuery(p) {
		return b.rootMoveCost(sub)
	}
	object := types.First()
	table := b.know.reachOf(object)
	best := unreachable
	for _, e := range p.entries {
		if !e.types.Has(object) || !b.reusable(e, defers) {
			continue
		}
		if e.sub == sub {
			best = min(best, b.selfMoveCost(object, sub))
			continue
		}
		best = min(best, table.at(e.sub.Index, sub.Index))
	}
	if best > 1 && b.holdsKey(p, sub, object) {
		best = 1
	}
	if best < unreachable {
		return best * fetchCost
	}
	cheapest := unreachable
	for _, o := range b.detours(p, types, defers) {
		if o.sub == sub {
			continue // that is the way itself, and needs no key
		}
		if steps := table.at(o.sub.Index, sub.Index); steps < unreachable {
			cheapest = min(cheapest, o.cost+steps*fetchCost)
		}
	}
	return cheapest
}

// detours are the subgraphs that a place could be reached in by asking for the way to it anew, from where a key may lead
// on. They are looked for only where the subgraphs that were asked lead nowhere, and not for the sake of one another.
func (b *builder) detours(p *place, types supergraph.TypeSet, defers int) []option {
	if b.detouring {
		return nil
	}
	b.detouring = true
	defer func() { b.detouring = false }()
	var list []option
	for _, sub := range b.know.schema.Subgraphs {
		if cost := b.reentryCost(p, sub, types, defers); cost < unreachable {
			list = append(list, option{sub: sub, cost: cost})
		}
	}
	return list
}

// selfMoveCost is the cost of asking a subgraph again about an object that it returned itself.
func (b *builder) selfMoveCost(object int, sub *supergraph.Subgraph) int {
	return b.know.moveCost(object, b.know.reachOf(object), sub, sub)
}

// holdsKey reports whether the entries of a place together hold some key of a subgraph, provided fields included.
func (b *builder) holdsKey(p *place, sub *supergraph.Subgraph, object int) bool {
	for _, view := range b.know.views(sub, b.know.schema.Objects[object]) {
		for _, key := range view.Keys {
			held := key.Resolvable
			for _, field := range key.Fields {
				held = held && len(field.Sub) == 0 && slices.ContainsFunc(p.entries, func(e *entry) bool {
					return b.resolvesLocally(e, object, field.Name)
				})
			}
			if held {
				return true
			}
		}
	}
	return false
}

// reentryCost is what it costs to reach a place in another subgraph by asking that one for the field that leads to it.
// Roots of mutations and subscriptions are not asked twice.
func (b *builder) reentryCost(p *place, sub *supergraph.Subgraph, types supergraph.TypeSet, defers int) int {
	if p.via == nil {
		if b.op.Kind != ast.Query && len(p.entries) > 0 && b.op.Kind == ast.Subscription {
			return unreachable
		}
		return fetchCost
	}
	if b.op.Kind != ast.Query && p.parent.via == nil {
		return unreachable
	}
	v := p.via.value
	for object := range p.via.types.All() {
		r, ok := b.know.in(object, v.name, sub)
		if !ok || r.field.NeedsMore() {
			return unreachable
		}
		if t := sub.Types[r.field.Type.Name()]; t == nil || !types.SubsetOf(t.Possible) {
			return unreachable
		}
	}
	return b.enterCost(p.parent, sub, p.via.types, defers)
}

// below estimates how many fetches the selections of a value need when it is taken from a subgraph.
func (b *builder) below(v *value, types supergraph.TypeSet, sub *supergraph.Subgraph, e *entry) int {
	if !v.composite || len(v.fields) == 0 {
		return 0
	}
	var provided supergraph.FieldSet
	view := (*supergraph.Type)(nil)
	object := types.First()
	if e != nil {
		if field := b.fieldIn(e, object, v.name); field != nil {
			view = sub.Types[field.Type.Name()]
			provided = append(slices.Clone(field.Provides), b.providedBelow(e, v)...)
		}
	} else if r, ok := b.know.in(object, v.name, sub); ok {
		view, provided = sub.Types[r.field.Type.Name()], r.field.Provides
	}
	if view == nil {
		return 0
	}
	return b.estimate(v.fields, sub, view, provided)
}
