package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"devportal.internal/router/supergraph"
)

// dependency says that a field is computed from what a selection reads of an object.
type dependency struct {
	of       []coordinate
	typename string
	reads    supergraph.FieldSet
}

// follow gives fields what the fields ask for that @requires and @fromContext read for them, until nothing changes: such a
// field may itself be computed from others.
func (r *reader) follow() error {
	dependencies, err := r.dependencies()
	if err != nil {
		return err
	}
	for changed := true; changed; {
		changed = false
		for _, d := range dependencies {
			needed := r.needed(d.typename, d.reads)
			for _, of := range d.of {
				changed = r.addField(of, needed) || changed
			}
		}
	}
	return nil
}

// needed is what a selection of a type asks for: all that any runtime type asks of its fields.
func (r *reader) needed(typename string, reads supergraph.FieldSet) set {
	var needed set
	for _, field := range reads {
		types := r.schema.Possible(typename)
		if field.Types != nil {
			types = types.And(field.Types)
		}
		for _, object := range r.schema.Names(types) {
			needed = needed.Or(r.types[object]).Or(r.fields[coordinate{object, field.Name}])
		}
		def := r.schema.Field(typename, field.Name)
		if def == nil && types.Len() > 0 {
			def = r.schema.Field(r.schema.Objects[types.First()], field.Name)
		}
		if def != nil {
			needed = needed.Or(r.types[def.Type.Name()]).Or(r.needed(def.Type.Name(), field.Sub))
		}
	}
	return needed
}

func (r *reader) dependencies() ([]dependency, error) {
	if len(r.types)+len(r.fields) == 0 {
		return nil, nil
	}
	contexts := r.contexts()
	var list []dependency
	for _, subgraph := range r.schema.Subgraphs {
		for _, name := range slices.Sorted(maps.Keys(subgraph.Types)) {
			of := subgraph.Types[name]
			for _, field := range slices.Sorted(maps.Keys(of.Fields)) {
				found, err := r.dependenciesOf(of, of.Fields[field], contexts)
				if err != nil {
					return nil, fmt.Errorf("field %s.%s: %w", name, field, err)
				}
				list = append(list, found...)
			}
		}
	}
	return list, nil
}

func (r *reader) dependenciesOf(of *supergraph.Type, field *supergraph.Field, contexts map[string][]string) ([]dependency, error) {
	if len(field.Requires) == 0 && len(field.Contexts) == 0 {
		return nil, nil
	}
	var fields []coordinate
	for _, object := range r.schema.Names(r.schema.Possible(of.Name)) {
		fields = append(fields, coordinate{object, field.Name})
	}
	var list []dependency
	if len(field.Requires) > 0 {
		list = append(list, dependency{fields, of.Name, field.Requires})
	}
	for _, argument := range field.Contexts {
		for _, typename := range contexts[argument.Context] {
			reads, err := r.schema.FieldSetOf(typename, argument.Selection)
			if err != nil {
				return nil, err
			}
			list = append(list, dependency{fields, typename, reads})
		}
	}
	return list, nil
}

// contexts are the types that set each context.
func (r *reader) contexts() map[string][]string {
	local := localName(r.schema, "context")
	found := map[string][]string{}
	if local == "" {
		return found
	}
	for _, name := range slices.Sorted(maps.Keys(r.schema.Definitions)) {
		for _, directive := range r.schema.Definitions[name].Directives.ForNames(local) {
			if argument := directive.Arguments.ForName("name"); argument != nil && argument.Value != nil {
				context := strings.TrimSpace(argument.Value.Raw)
				found[context] = append(found[context], name)
			}
		}
	}
	return found
}
