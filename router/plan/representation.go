package plan

import (
	"fmt"
	"slices"

	"devportal.internal/router/supergraph"
)

// representations are what a draft sends of each object, by runtime type where that makes a difference.
func (f *finisher) representations(d *draft) []Representation {
	var list []Representation
	var sets []supergraph.TypeSet
	shapes := map[string]int{}
	for object := range d.node.entry.types.All() {
		members := f.membersFor(d, object)
		if members == nil {
			continue
		}
		shape := fmt.Sprint(members)
		at, ok := shapes[shape]
		if !ok {
			at = len(list)
			shapes[shape] = at
			list = append(list, Representation{Members: members})
			sets = append(sets, nil)
		}
		sets[at] = sets[at].Or(f.know.single(object))
	}
	for i := range list {
		f.nameTypes(&list[i], sets[i], d)
	}
	return list
}

func (f *finisher) nameTypes(r *Representation, types supergraph.TypeSet, d *draft) {
	if !d.place.possible.SubsetOf(types) {
		r.Types = f.know.schema.Names(types)
	}
	switch {
	case d.view != nil:
		r.Typename = d.view.Name
	case types.Len() == 1:
		r.Typename = f.know.schema.Objects[types.First()]
	}
}

// membersFor are the members of a representation of one object type: the key's, then what @requires adds.
func (f *finisher) membersFor(d *draft, object int) []Member {
	var members []Member
	for _, use := range d.keys {
		if use.types.Has(object) {
			members = f.objectMembers(members, d, d.place, use.key.Fields, object, false)
		}
	}
	for _, need := range d.requires {
		if need.types.Has(object) {
			members = f.objectMembers(members, d, d.place, need.set, object, true)
		}
	}
	return members
}

// objectMembers adds the members of a field set for objects of one type.
func (f *finisher) objectMembers(
	members []Member, d *draft, p *place, set supergraph.FieldSet, object int, nullable bool,
) []Member {
	for _, field := range set {
		if field.Name == "__typename" || field.Types != nil && !field.Types.Has(object) {
			continue
		}
		v := f.supplied(d, p, field, object)
		if v == nil {
			continue
		}
		member := Member{Name: field.Name, StoreKey: v.key, Nullable: nullable}
		if len(field.Sub) > 0 {
			for _, part := range v.parts {
				if part.types.Has(object) {
					member.Members = f.placeMembers(nil, d, part.child, field.Sub, nullable)
				}
			}
		}
		members = addMember(members, member)
	}
	return members
}

// supplied is the value at a place that holds a field of a field set for objects of a type, from a fetch that the draft
// waits for. One that holds it for more types is preferred, for types need not be told apart then.
func (f *finisher) supplied(d *draft, p *place, field *supergraph.SetField, object int) *value {
	var best *value
	for _, v := range p.values {
		if v.name != field.Name || v.argsKey != field.ArgumentsKey || best != nil && v.types.Len() <= best.types.Len() {
			continue
		}
		if slices.ContainsFunc(v.sources, func(s source) bool {
			return s.types.Has(object) && slices.Contains(d.deps, s.entry.draft)
		}) {
			best = v
		}
	}
	return best
}

// placeMembers adds the members of a field set for the objects of a place, told apart by type where they differ.
func (f *finisher) placeMembers(members []Member, d *draft, p *place, set supergraph.FieldSet, nullable bool) []Member {
	if p.possible.Len() > 1 || namesType(set) {
		members = addMember(members, Member{Name: "__typename", StoreKey: "__typename"})
	}
	var own []Member
	var sets []supergraph.TypeSet
	for object := range p.possible.All() {
		for _, member := range f.objectMembers(nil, d, p, set, object, nullable) {
			at := slices.IndexFunc(own, func(m Member) bool { return fmt.Sprint(m) == fmt.Sprint(member) })
			if at < 0 {
				at = len(own)
				own, sets = append(own, member), append(sets, nil)
			}
			sets[at] = sets[at].Or(f.know.single(object))
		}
	}
	for i, member := range own {
		if !p.possible.SubsetOf(sets[i]) {
			member.Types = f.know.schema.Names(sets[i])
		}
		members = addMember(members, member)
	}
	return members
}

// addMember adds a member, into one of the same value for some of the same types if there is one: an object is sent no
// name twice. What a key needs stays not nullable.
func addMember(members []Member, member Member) []Member {
	for i := range members {
		m := &members[i]
		if m.Name != member.Name || m.StoreKey != member.StoreKey || disjoint(m.Types, member.Types) {
			continue
		}
		m.Types = unionNames(m.Types, member.Types)
		m.Nullable = m.Nullable && member.Nullable
		for _, sub := range member.Members {
			m.Members = addMember(m.Members, sub)
		}
		return members
	}
	return append(members, member)
}

// disjoint reports whether two lists of type names share none; nil is all types.
func disjoint(x, y []string) bool {
	return x != nil && y != nil && !slices.ContainsFunc(x, func(name string) bool { return slices.Contains(y, name) })
}

func unionNames(x, y []string) []string {
	if x == nil || y == nil {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(x, y))))
}
