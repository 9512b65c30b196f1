package plan

import (
	"slices"

	"devportal.internal/router/supergraph"
)

// wantsTypename reports whether the concrete type of a place's objects matters: the client asks for it, or for fields
// of some types only.
func (b *builder) wantsTypename(p *place) bool {
	if p.possible.Len() <= 1 || p.via == nil {
		return false
	}
	for _, field := range p.fields {
		if field.Name == "__typename" || field.Types != nil && !p.possible.SubsetOf(field.Types) {
			return true
		}
	}
	return false
}

// typenameDefers are the parts of the response that need the concrete types of a place's objects, in order: with the
// types known to one, another beside it does not know them.
func (b *builder) typenameDefers(p *place) []int {
	var parts []int
	for _, field := range p.fields {
		if field.Name == "__typename" || field.Types != nil {
			parts = append(parts, field.Defer)
		}
	}
	if len(parts) == 0 {
		return []int{0}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// typenameEntry is an entry that knows the concrete type of a place's objects, nil when there is none.
func (b *builder) typenameEntry(p *place, defers int) *entry {
	for _, e := range p.entries {
		ownTypes := !e.draft.entity || e.draft.place != p
		if (ownTypes && !e.blind() || e.node.typename) && b.reusable(e, defers) {
			return e
		}
	}
	return nil
}

// knowTypename makes sure that the concrete type of a place's objects is fetched: where all who were asked know only
// an interface object, the subgraph that has the interface is asked by the interface's key.
func (b *builder) knowTypename(p *place, defers int) *entry {
	if e := b.typenameEntry(p, defers); e != nil {
		e.node.typename = true
		return e
	}
	sub := b.typenameOwner(p, defers)
	if sub == nil {
		b.stop(CodeImpossible, "no subgraph knows the types of %s at %s", p.typename, b.where(p))
	}
	e := b.moveByKey(p, sub, p.possible, needs{}, defers)
	e.node.typename = true
	return e
}

// typenameOwner is the subgraph with the interface of a place that has most of what the client wants there.
func (b *builder) typenameOwner(p *place, defers int) *supergraph.Subgraph {
	best, most := (*supergraph.Subgraph)(nil), -1
	for _, sub := range b.know.schema.Subgraphs {
		if b.interfaceView(p, sub) == nil {
			continue
		}
		count := 0
		for _, v := range p.values {
			if _, ok := b.know.in(v.types.First(), v.name, sub); ok {
				count++
			}
		}
		if count > most && b.keyMoveCost(p, sub, p.possible, defers) < unreachable {
			best, most = sub, count
		}
	}
	return best
}
