package plan

import (
	"slices"
	"strconv"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

// addClientValues makes values of what the client selects at a place, each with its store key.
func (b *builder) addClientValues(p *place) {
	p.byField = make(map[*operation.Field][]*value, len(p.fields))
	for _, field := range p.fields {
		if field.Name == "__typename" {
			continue
		}
		types := p.possible
		if field.Types != nil {
			types = types.And(field.Types)
		}
		for _, group := range b.bySignature(types, field.Name) {
			v := &value{
				place: p, key: field.ResponseKey, name: field.Name, arguments: field.Arguments, argsKey: field.ArgumentsKey,
				types: group.types, signature: group.signature, fields: field.Fields, defers: field.Defer,
			}
			b.describe(v)
			b.add(v)
			p.byField[field] = append(p.byField[field], v)
		}
	}
}

// signed is a group of types in which a field has shapes that agree in every subgraph.
type signed struct {
	signature signature
	types     supergraph.TypeSet
}

func (b *builder) bySignature(types supergraph.TypeSet, field string) []signed {
	var groups []signed
	for object := range types.All() {
		shape := b.know.signature(object, field)
		at := slices.IndexFunc(groups, func(g signed) bool { return g.signature.agrees(shape) })
		if at < 0 {
			groups = append(groups, signed{shape, b.know.single(object)})
			continue
		}
		groups[at].signature = groups[at].signature.with(shape)
		groups[at].types = groups[at].types.Or(b.know.single(object))
	}
	return groups
}

// describe fills in what the supergraph says of a value's field.
func (b *builder) describe(v *value) {
	schema := b.know.schema
	def := schema.Field(v.place.typename, v.name)
	if def == nil || v.types.Len() == 1 {
		if first := v.types.First(); first >= 0 {
			def = schema.Field(schema.Objects[first], v.name)
		}
	}
	if def == nil {
		return
	}
	v.typename, v.list = def.Type.Name(), def.Type.Elem != nil
	v.composite = b.know.composite(v.typename)
}

// add gives a value a store key that no other value at the place has, but for the same leaf for other types.
func (b *builder) add(v *value) {
	wanted := v.key
	for i := 1; b.clashes(v); i++ {
		v.key = wanted + "_" + strconv.Itoa(i)
	}
	v.place.values = append(v.place.values, v)
}

func (b *builder) clashes(v *value) bool {
	if v.key == "__typename" {
		return true
	}
	for _, other := range v.place.values {
		if other.key != v.key {
			continue
		}
		same := !v.composite && !other.composite && other.name == v.name && other.argsKey == v.argsKey
		if !same || v.alone || other.alone || !other.signature.agrees(v.signature) {
			return true
		}
	}
	return false
}
