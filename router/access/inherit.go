package access

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// inherit gives implementations what their interfaces ask for by themselves. What composition has put on an interface,
// because its implementations ask for it, is followed from those, and so asked only where it is meant.
func (r *reader) inherit() {
	types, fields := maps.Clone(r.types), maps.Clone(r.fields)
	for _, name := range slices.Sorted(maps.Keys(r.schema.Definitions)) {
		def := r.schema.Definitions[name]
		if def.Kind != ast.Interface {
			continue
		}
		implementations := r.schema.Names(r.schema.Possible(name))
		together := set(nil)
		for _, object := range implementations {
			together = together.Or(types[object])
		}
		if own := r.beyond(types[name], together); !own.Empty() {
			for _, object := range implementations {
				r.addType(object, own)
			}
		}
		for _, field := range def.Fields {
			r.inheritField(coordinate{name, field.Name}, implementations, fields)
		}
	}
}

func (r *reader) inheritField(of coordinate, implementations []string, fields map[coordinate]set) {
	together := set(nil)
	for _, object := range implementations {
		together = together.Or(fields[coordinate{object, of.field}])
	}
	own := r.beyond(fields[of], together)
	for _, object := range implementations {
		r.addField(coordinate{object, of.field}, own)
	}
}

// beyond are those demands that are not met already by whoever meets all of others.
func (r *reader) beyond(needed, others set) set {
	left := needed.Minus(others)
	for number := range left.All() {
		if r.implied(number, others) {
			left = left.Minus(single(number))
		}
	}
	return left
}

// maxCombinations bounds the ways of meeting several demands that are looked at; a demand with more of them counts as not
// implied, which asks for too much rather than for too little.
const maxCombinations = 1_000

// implied reports whether whoever meets all of others meets a demand of the same kind: every way of meeting those names
// all of one of its alternatives.
func (r *reader) implied(number int, others set) bool {
	wanted := r.table.demands[number]
	ways := [][]string{nil}
	for other := range others.All() {
		d := r.table.demands[other]
		if d.kind != wanted.kind {
			continue
		}
		if len(ways)*len(d.alternatives) > maxCombinations {
			return false
		}
		var next [][]string
		for _, way := range ways {
			for _, names := range d.alternatives {
				next = append(next, slices.Concat(way, names))
			}
		}
		ways = next
	}
	return !slices.ContainsFunc(ways, func(way []string) bool {
		return !wanted.met(func(name string) bool { return slices.Contains(way, name) })
	})
}
