package plan

import (
	"cmp"
	"slices"
	"strings"

	"devportal.internal/router/supergraph"
)

// complete resolves everything that the client wants at a place that has its first entry: first what needs no
// decision, then what only few subgraphs have, then what waits for other fields.
func (b *builder) complete(p *place) {
	b.addClientValues(p)
	if b.wantsTypename(p) {
		for _, part := range b.typenameDefers(p) {
			b.knowTypename(p, part)
		}
	}
	order := slices.Clone(p.values)
	rank := make(map[*value]int, len(order))
	for _, v := range order {
		rank[v] = b.rank(v)
	}
	slices.SortStableFunc(order, func(x, y *value) int { return cmp.Compare(rank[x], rank[y]) })
	for _, v := range order {
		b.resolve(v, v.types, v.defers)
	}
}

// rank orders values: the initial response before deferred parts, local leaves before the rest, plain fields before
// those with @requires, few resolvers before many.
func (b *builder) rank(v *value) int {
	r := 0
	if v.defers > 0 {
		r += 1000 * v.defers
	}
	if v.place.parent == nil && v.place.via == nil {
		return r + b.fewest(v)
	}
	local, requires := true, false
	for object := range v.types.All() {
		here := false
		for _, e := range v.place.entries {
			here = here || b.resolvesLocally(e, object, v.name)
		}
		local = local && here
		for _, rs := range b.know.of(object, v.name) {
			requires = requires || rs.field.NeedsMore()
		}
	}
	switch {
	case local:
		return r
	case requires:
		return r + 500 + b.fewest(v)
	}
	return r + 100 + b.fewest(v)
}

func (b *builder) fewest(v *value) int {
	least := 99
	for object := range v.types.All() {
		least = min(least, len(b.know.of(object, v.name)))
	}
	return least
}

// resolve finds subgraphs for a value for some runtime types, and adds it to their fetches.
func (b *builder) resolve(v *value, types supergraph.TypeSet, defers int) {
	b.step()
	types = types.And(v.place.agreed).Minus(v.resolved)
	if types.Empty() || b.resolving[v] {
		return
	}
	b.resolving[v] = true
	defer delete(b.resolving, v)
	groups := b.byCandidates(v, types)
	if len(groups) > 1 && b.typenameEntry(v.place, defers) == nil && b.haveCommon(v, types) {
		groups = []candidates{{types: types}}
	}
	for _, group := range groups {
		options := b.options(v, group.types, defers)
		if len(options) == 0 {
			b.stop(CodeImpossible, "%s.%s cannot be reached from %s", v.place.typename, v.name, b.where(v.place))
		}
		b.apply(v, group.types, options[b.choose(len(options))], defers)
	}
}

func (b *builder) where(p *place) string {
	var path []string
	for ; p.via != nil; p = p.parent {
		path = append(path, p.via.value.key)
	}
	slices.Reverse(path)
	if len(path) == 0 {
		return "the root"
	}
	return strings.Join(path, ".")
}

// candidates is a group of runtime types whose objects have a field from the same subgraphs.
type candidates struct {
	signature string
	types     supergraph.TypeSet
}

// byCandidates groups runtime types by who has a field of theirs, and as what; groups with few candidates come first, for
// they force what others may share.
func (b *builder) byCandidates(v *value, types supergraph.TypeSet) []candidates {
	var groups []candidates
	counts := map[string]int{}
	for object := range types.All() {
		signature, n := b.candidateSignature(v, object)
		at := slices.IndexFunc(groups, func(g candidates) bool { return g.signature == signature })
		if at < 0 {
			groups = append(groups, candidates{signature, b.know.single(object)})
			counts[signature] = n
			continue
		}
		groups[at].types = groups[at].types.Or(b.know.single(object))
	}
	slices.SortStableFunc(groups, func(x, y candidates) int { return cmp.Compare(counts[x.signature], counts[y.signature]) })
	return groups
}

// haveCommon reports whether some subgraph knows the objects of all types by one interface object, and resolves the field:
// then nobody need be asked which type an object has.
func (b *builder) haveCommon(v *value, types supergraph.TypeSet) bool {
	return slices.ContainsFunc(b.know.of(types.First(), v.name), func(r resolver) bool {
		return r.view.InterfaceObject && !r.field.NeedsMore() && b.resolvesAll(r, v, types)
	})
}

// resolvesAll reports whether a resolver serves all types by the same view.
func (b *builder) resolvesAll(r resolver, v *value, types supergraph.TypeSet) bool {
	for object := range types.All() {
		other, ok := b.know.in(object, v.name, r.sub)
		if !ok || r.view.InterfaceObject != other.view.InterfaceObject || r.view.InterfaceObject && r.view != other.view {
			return false
		}
	}
	return true
}

func (b *builder) candidateSignature(v *value, object int) (string, int) {
	var out strings.Builder
	resolvers := b.know.of(object, v.name)
	for _, r := range resolvers {
		out.WriteString(r.sub.Name)
		out.WriteByte('/')
		if r.view.InterfaceObject {
			out.WriteString(r.view.Name)
		}
		if r.field.Requires != nil {
			out.WriteString("!")
		}
		for _, c := range r.field.Contexts {
			out.WriteString("$" + c.Name + c.Context + c.Selection)
		}
		out.WriteByte(' ')
	}
	n := len(resolvers)
	for i, e := range v.place.entries {
		if e.types.Has(object) {
			out.WriteByte(byte('a' + i%26))
			if b.isProvided(e, object, v.name) {
				out.WriteByte('+')
				n++
			}
		}
	}
	return out.String(), n
}

// apply adds a value to a fetch as an option says.
func (b *builder) apply(v *value, types supergraph.TypeSet, o option, defers int) {
	e := o.entry
	switch {
	case o.requires:
		e = b.enterWithRequires(v, types, o.sub, defers)
	case o.reentry:
		e = b.reenter(v.place, o.sub, defers)
	case e == nil:
		e = b.moveByKey(v.place, o.sub, types, needs{}, defers)
	}
	b.take(v, types, e)
}

// take selects a value in an entry, and completes the place that a composite value makes.
func (b *builder) take(v *value, types supergraph.TypeSet, e *entry) {
	v.resolved = v.resolved.Or(types)
	v.sources = append(v.sources, source{e, types})
	f := b.fieldIn(e, types.First(), v.name)
	field := e.node.add(v, types, f)
	if f != nil {
		field.external = f.External && !b.isProvided(e, types.First(), v.name)
	}
	if !v.composite {
		return
	}
	if v.place.via != nil && !v.place.possible.SubsetOf(types) {
		b.knowTypename(v.place, e.draft.defers)
	}
	p := partFor(v, types)
	child, fresh := p.child, p.child == nil
	if fresh {
		child = b.newChild(p, e)
	}
	b.enterChild(child, e, field)
	if fresh {
		b.complete(child)
	}
}

// add selects a value for some types; a composite value's selections are kept apart for each part.
func (n *node) add(v *value, types supergraph.TypeSet, f *supergraph.Field) *nodeField {
	var contexts []supergraph.ContextArgument
	if f != nil {
		contexts = f.Contexts
	}
	for _, field := range n.fields {
		if field.value == v && !v.composite && sameContexts(field.contexts, contexts) {
			field.types = field.types.Or(types)
			return field
		}
	}
	field := &nodeField{value: v, types: types, contexts: contexts}
	n.fields = append(n.fields, field)
	return field
}

// partFor is the part of a composite value for just these types.
func partFor(v *value, types supergraph.TypeSet) *part {
	for _, p := range v.parts {
		if p.types.Equal(types) {
			return p
		}
	}
	p := &part{value: v, types: types}
	v.parts = append(v.parts, p)
	return p
}

// fieldIn is the field of an object type as an entry's subgraph has it.
func (b *builder) fieldIn(e *entry, object int, name string) *supergraph.Field {
	if e.blind() {
		return e.view.Fields[name]
	}
	if t := e.sub.Types[b.know.schema.Objects[object]]; t != nil {
		return t.Fields[name]
	}
	return nil
}

// newChild makes the place of a part.
func (b *builder) newChild(p *part, e *entry) *place {
	v := p.value
	possible := b.know.schema.Possible(v.typename)
	if narrowed := b.returned(e, p.types, v.name); narrowed != nil {
		possible = narrowed
	}
	child := &place{parent: v.place, via: p, typename: v.typename, possible: possible, fields: v.fields}
	child.inList = v.list || v.place.inList
	p.child = child
	b.sourcesOf(child, p, e)
	return child
}

// returned are the runtime types that a subgraph may return of a field.
func (b *builder) returned(e *entry, types supergraph.TypeSet, name string) supergraph.TypeSet {
	var set supergraph.TypeSet
	for object := range types.All() {
		if field := b.fieldIn(e, object, name); field != nil {
			if t := e.sub.Types[field.Type.Name()]; t != nil {
				set = set.Or(t.Possible)
			}
		}
	}
	return set
}

// enterChild gives a place the entry that comes with a selected field.
func (b *builder) enterChild(child *place, e *entry, field *nodeField) {
	f := b.fieldIn(e, field.types.First(), field.value.name)
	entered := &entry{place: child, draft: e.draft, sub: e.sub, types: child.possible}
	if f != nil {
		entered.view = e.sub.Types[f.Type.Name()]
		entered.provided = append(slices.Clone(f.Provides), b.providedBelow(e, field.value)...)
		if returned := b.returned(e, field.types, field.value.name); returned != nil {
			entered.types = returned
		}
	}
	entered.node = &node{entry: entered}
	entered.node.typename = !entered.blind() && entered.types.Len() > 1
	field.child = entered.node
	child.entries = append(child.entries, entered)
}

// providedBelow is what an enclosing @provides says of a value's own fields.
func (b *builder) providedBelow(e *entry, v *value) supergraph.FieldSet {
	var set supergraph.FieldSet
	for _, field := range e.provided {
		if field.Name == v.name {
			set = append(set, field.Sub...)
		}
	}
	return set
}

// sourcesOf says which subgraphs could be asked about a new place, and which runtime types all that could have
// returned it agree on: what others do not know must not show, or the answer would depend on who was asked.
func (b *builder) sourcesOf(child *place, p *part, e *entry) {
	n := len(b.know.schema.Subgraphs)
	candidates := supergraph.Single(e.sub.Index, n)
	agreed := child.possible
	for object := range p.types.All() {
		for _, r := range b.know.of(object, p.value.name) {
			if !p.value.place.sources.Has(r.sub.Index) {
				continue
			}
			candidates = candidates.Or(supergraph.Single(r.sub.Index, n))
			if t := r.sub.Types[r.field.Type.Name()]; t != nil {
				agreed = agreed.And(t.Possible)
			}
		}
	}
	child.agreed, child.sources = agreed, candidates
	if b.isQuery(child) {
		child.sources = b.querySources()
	}
	for object := range child.possible.All() {
		if !b.know.keyed(object) {
			continue
		}
		table := b.know.reachOf(object)
		for _, sub := range b.know.schema.Subgraphs {
			for from := range candidates.All() {
				if table.at(from, sub.Index) < unreachable {
					child.sources = child.sources.Or(supergraph.Single(sub.Index, n))
				}
			}
		}
	}
}
