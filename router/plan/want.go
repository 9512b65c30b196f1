package plan

import (
	"slices"

	"devportal.internal/router/supergraph"
)

// want makes sure that the fields of a key or of @requires are fetched at a place for some types, and adds the fetches
// that supply them to deps.
func (b *builder) want(
	p *place, set supergraph.FieldSet, types supergraph.TypeSet, defers int, deps []*draft,
) []*draft {
	for _, field := range set {
		wanted := types.And(p.possible)
		if field.Types != nil {
			wanted = wanted.And(field.Types)
		}
		if wanted.Empty() || field.Name == "__typename" {
			continue
		}
		for _, group := range b.bySignature(wanted, field.Name) {
			deps = b.wantField(p, field, group, defers, deps)
		}
	}
	return deps
}

func (b *builder) wantField(p *place, field *supergraph.SetField, group signed, defers int, deps []*draft) []*draft {
	v := b.wantedValue(p, field, group, defers)
	switch {
	case b.encloses(v.defers, defers):
		b.resolve(v, group.types, v.defers)
	case b.encloses(defers, v.defers):
		b.resolve(v, group.types, defers)
	}
	needed := group.types.And(p.agreed)
	if b.isStuck(v, needed, defers) {
		v = b.duplicate(v, group, defers)
		b.resolve(v, group.types, defers)
	}
	for object := range needed.All() {
		s, ok := b.sourceOf(v, object, defers)
		if !ok {
			b.stop(CodeImpossible, "%s.%s is needed at %s and cannot be had", p.typename, v.name, b.where(p))
		}
		deps = addDraft(deps, s.entry.draft)
	}
	for _, part := range v.parts {
		if part.types.Intersects(group.types) && len(field.Sub) > 0 {
			deps = b.want(part.child, field.Sub, part.child.possible, defers, deps)
			if part.child.possible.Len() > 1 || namesType(field.Sub) {
				deps = addDraft(deps, b.knowTypename(part.child, defers).draft)
			}
		}
	}
	return deps
}

// namesType reports whether a field set asks for the type itself.
func namesType(set supergraph.FieldSet) bool {
	return slices.ContainsFunc(set, func(field *supergraph.SetField) bool { return field.Name == "__typename" })
}

// isStuck reports whether a value is being resolved by way of what needs it now, is only supplied by fetches that are
// sent later, or belongs to a part of the response that neither encloses nor is enclosed.
func (b *builder) isStuck(v *value, types supergraph.TypeSet, defers int) bool {
	for object := range types.All() {
		if _, ok := b.sourceOf(v, object, defers); !ok {
			return true
		}
	}
	return false
}

// duplicate wants a value once more under a key of its own.
func (b *builder) duplicate(v *value, group signed, defers int) *value {
	copied := &value{
		place: v.place, key: v.name, name: v.name, arguments: v.arguments, argsKey: v.argsKey, types: group.types,
		signature: v.signature, alone: true, defers: defers, typename: v.typename, composite: v.composite, list: v.list,
	}
	b.add(copied)
	return copied
}

// sourceOf is a fetch that supplies a value of an object type in time.
func (b *builder) sourceOf(v *value, object, defers int) (source, bool) {
	for _, s := range v.sources {
		if s.types.Has(object) && b.reusable(s.entry, defers) {
			return s, true
		}
	}
	return source{}, false
}

// wantedValue is the value of a place with a field's name and arguments: one that is wanted already, by whomever, or a
// new one.
func (b *builder) wantedValue(p *place, field *supergraph.SetField, group signed, defers int) *value {
	for _, v := range p.values {
		if v.name != field.Name || v.argsKey != field.ArgumentsKey || !v.signature.agrees(group.signature) {
			continue
		}
		if group.types.SubsetOf(v.types) {
			return v
		}
		if !v.composite && !b.taken(v, group.types) {
			v.types, v.signature = v.types.Or(group.types), v.signature.with(group.signature)
			return v
		}
	}
	v := &value{
		place: p, key: field.Name, name: field.Name, arguments: field.Arguments, argsKey: field.ArgumentsKey,
		types: group.types, signature: group.signature, defers: defers,
	}
	b.describe(v)
	b.add(v)
	return v
}

// taken reports whether another value has a value's store key for some of the types.
func (b *builder) taken(v *value, types supergraph.TypeSet) bool {
	for _, other := range v.place.values {
		if other != v && other.key == v.key && other.types.Intersects(types) {
			return true
		}
	}
	return false
}
