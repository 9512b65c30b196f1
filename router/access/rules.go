package access

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// Rules are what a supergraph asks of those who want its fields. They are immutable and safe for concurrent use.
type Rules struct {
	schema  *supergraph.Schema
	demands []demand

	// types are the requirements of types by name, fields those of the fields of object types: what a field's own type
	// asks for is not in them. Neither has an entry for what asks nothing.
	types  map[string]set
	fields map[coordinate]set

	// shown are the object types that the API schema has.
	shown set

	// policies are the names that policies demand, sorted.
	policies []string
	none     bool
}

// coordinate is a field of a type.
type coordinate struct{ typename, field string }

// New reads the rules of a supergraph:
//
//  1. what each element's directives ask for;
//  2. what an interface asks for beyond its implementations is asked by each of them (inherit.go);
//  3. what a @requires or @fromContext reads is asked by the field that has it (transitive.go).
//
// Its error says what of the supergraph cannot be understood.
func New(schema *supergraph.Schema) (*Rules, error) {
	r := &reader{
		schema: schema, names: directivesOf(schema), table: newTable(),
		types: map[string]set{}, fields: map[coordinate]set{},
	}
	r.read()
	r.inherit()
	if err := r.follow(); err != nil {
		return nil, fmt.Errorf("reading who may have what: %w", err)
	}
	return r.rules(), nil
}

// reader carries what the steps of New share.
type reader struct {
	schema *supergraph.Schema
	names  directives
	table  *table
	types  map[string]set
	fields map[coordinate]set
}

// read takes what is asked of types and of the fields of objects and interfaces.
func (r *reader) read() {
	for _, name := range slices.Sorted(maps.Keys(r.schema.Definitions)) {
		def := r.schema.Definitions[name]
		r.addType(name, r.requirement(def.Directives))
		if def.Kind != ast.Object && def.Kind != ast.Interface {
			continue
		}
		for _, field := range def.Fields {
			r.addField(coordinate{name, field.Name}, r.requirement(field.Directives))
		}
	}
}

func (r *reader) addType(name string, needed set) bool {
	known := r.types[name]
	if needed.SubsetOf(known) {
		return false
	}
	r.types[name] = known.Or(needed)
	return true
}

func (r *reader) addField(of coordinate, needed set) bool {
	known := r.fields[of]
	if needed.SubsetOf(known) {
		return false
	}
	r.fields[of] = known.Or(needed)
	return true
}

func (r *reader) rules() *Rules {
	rules := &Rules{
		schema: r.schema, demands: r.table.demands, types: r.types, fields: r.fields,
		none: len(r.types)+len(r.fields) == 0,
	}
	for number, name := range r.schema.Objects {
		if r.schema.API.Types[name] != nil {
			rules.shown = rules.shown.Or(single(number))
		}
	}
	named := map[string]bool{}
	for _, d := range r.table.demands {
		if d.kind == policies {
			for _, name := range slices.Concat(d.alternatives...) {
				named[name] = true
			}
		}
	}
	rules.policies = slices.Sorted(maps.Keys(named))
	return rules
}

// possible are the runtime types of a type that the API schema has.
func (r *Rules) possible(typename string) supergraph.TypeSet {
	return r.schema.Possible(typename).And(r.shown)
}

// None reports whether the supergraph asks nothing of anybody.
func (r *Rules) None() bool { return r.none }

// Policies are the names of the policies that the supergraph asks for, sorted.
func (r *Rules) Policies() []string { return r.policies }

// ofField is what a field of an object type asks for, in whatever operation it is. What a value of an abstract type asks
// for depends on its runtime type, and is no part of it.
func (r *Rules) ofField(object string, def *ast.FieldDefinition) set {
	needed := r.types[object].Or(r.fields[coordinate{object, def.Name}])
	named := def.Type.Name()
	if returned := r.schema.Definitions[named]; returned != nil && returned.Kind != ast.Interface && returned.Kind != ast.Union {
		needed = needed.Or(r.types[named])
	}
	return needed
}
