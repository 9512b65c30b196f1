package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"devportal.internal/router/supergraph"
)

// View is the API schema as callers with some rights see it. It is immutable and safe for concurrent use.
type View struct {
	// API is the schema; it is the supergraph's own for those who may have everything.
	API *ast.Schema

	rules  *Rules
	source func() (string, error)
}

// SDL is the view as text, in the order of the supergraph's API schema.
func (v *View) SDL() (string, error) { return v.source() }

// Whole reports whether the view leaves nothing out.
func (v *View) Whole() bool { return v.API == v.rules.schema.API }

// View makes the schema that callers with some rights see:
//
//  1. A field is left out if its requirement is not met, or if nothing of its type may be had. An interface's field is left
//     out if any implementation that is left has lost it, so that the view is a valid schema.
//  2. A type is left out if its objects are denied, or if it has nothing left.
//  3. What the caller's roots do not lead to is left out; input types go with the fields that take them.
func (r *Rules) View(rights Rights) *View {
	v := &View{API: r.schema.API, rules: r, source: func() (string, error) { return r.schema.APISource, nil }}
	if r.none || r.AreAll(rights) {
		return v
	}
	h := newHider(r, rights)
	h.hide()
	reached := newReacher(h.api, h.types, h.fields).reached
	v.API = h.schema(reached)
	v.source = sync.OnceValues(func() (string, error) { return h.text(reached) })
	return v
}

// hider finds what a view leaves out.
type hider struct {
	rules  *Rules
	rights Rights
	api    *ast.Schema

	// types cannot be had, not even as what an interface stands for; fields are those of other types.
	types  map[string]bool
	fields map[coordinate]bool
}

func newHider(r *Rules, rights Rights) *hider {
	return &hider{rules: r, rights: rights, api: r.schema.API, types: map[string]bool{}, fields: map[coordinate]bool{}}
}

// hide hides until nothing more follows from what is hidden.
func (h *hider) hide() {
	order := h.order()
	for _, def := range order {
		if def.Kind != ast.InputObject && def.Kind != ast.Interface && def != h.api.Query && !h.rights.meet(h.rules.types[def.Name]) {
			h.types[def.Name] = true
		}
	}
	for changed := true; changed; {
		changed = false
		for _, def := range order {
			if !h.types[def.Name] && h.follows(def) {
				h.types[def.Name] = true
				changed = true
			}
			if !h.types[def.Name] && (def.Kind == ast.Object || def.Kind == ast.Interface) {
				changed = h.hideFields(def) || changed
			}
		}
	}
}

// order is all types, object types first: what interfaces lose depends on them.
func (h *hider) order() []*ast.Definition {
	rank := func(def *ast.Definition) int {
		if def.Kind == ast.Object {
			return 0
		}
		return 1
	}
	return slices.SortedFunc(maps.Values(h.api.Types), func(a, b *ast.Definition) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name))
	})
}

// follows reports whether nothing is left of a type: no runtime type, or no field.
func (h *hider) follows(def *ast.Definition) bool {
	if def.Kind == ast.Interface || def.Kind == ast.Union {
		possible := h.api.PossibleTypes[def.Name]
		if len(possible) > 0 && !h.anyLeft(possible) {
			return true
		}
	}
	if def.Kind != ast.Object && def.Kind != ast.Interface || def == h.api.Query || len(def.Fields) == 0 {
		return false
	}
	for _, field := range def.Fields {
		if !h.fields[coordinate{def.Name, field.Name}] {
			return false
		}
	}
	return true
}

// anyLeft reports whether an object type is left among some types.
func (h *hider) anyLeft(possible []*ast.Definition) bool {
	for _, of := range possible {
		if of.Kind == ast.Object && !h.types[of.Name] {
			return true
		}
	}
	return false
}

func (h *hider) hideFields(def *ast.Definition) bool {
	changed := false
	for _, field := range def.Fields {
		of := coordinate{def.Name, field.Name}
		if strings.HasPrefix(field.Name, "__") || h.fields[of] || !h.fieldHidden(def, field) {
			continue
		}
		h.fields[of], changed = true, true
	}
	return changed
}

func (h *hider) fieldHidden(def *ast.Definition, field *ast.FieldDefinition) bool {
	if h.types[field.Type.Name()] {
		return true
	}
	if def.Kind == ast.Object {
		return !h.rights.meet(h.rules.ofField(def.Name, field))
	}
	for _, of := range h.api.PossibleTypes[def.Name] {
		if !h.types[of.Name] && h.fields[coordinate{of.Name, field.Name}] {
			return true
		}
	}
	return false
}

type reacher struct {
	api     *ast.Schema
	types   map[string]bool
	fields  map[coordinate]bool
	reached map[string]bool
}

func newReacher(api *ast.Schema, types map[string]bool, fields map[coordinate]bool) *reacher {
	r := &reacher{api: api, types: types, fields: fields, reached: map[string]bool{}}
	for _, root := range []*ast.Definition{api.Query, api.Mutation, api.Subscription} {
		if root != nil {
			r.output(root.Name)
		}
	}
	for _, name := range []string{"String", "Boolean", "Int", "Float", "ID", "__Schema"} {
		r.input(name)
	}
	for _, directive := range api.Directives {
		r.arguments(directive.Arguments)
	}
	for name, def := range api.Types {
		if def.BuiltIn {
			r.reached[name] = true
		}
	}
	return r
}

// output reaches a type as what a field is answered with.
func (r *reacher) output(name string) {
	def := r.api.Types[name]
	if def == nil || r.types[name] || r.reached[name] {
		return
	}
	r.reached[name] = true
	for _, field := range def.Fields {
		if !r.fields[coordinate{name, field.Name}] && def.Kind != ast.InputObject {
			r.output(field.Type.Name())
			r.arguments(field.Arguments)
		}
	}
	for _, above := range def.Interfaces {
		r.output(above)
	}
	if def.Kind == ast.Interface || def.Kind == ast.Union {
		for _, possible := range r.api.PossibleTypes[name] {
			r.output(possible.Name)
		}
	}
}

func (r *reacher) arguments(arguments ast.ArgumentDefinitionList) {
	for _, argument := range arguments {
		r.input(argument.Type.Name())
	}
}

// input reaches a type as what a client gives.
func (r *reacher) input(name string) {
	def := r.api.Types[name]
	if def == nil || r.reached[name] {
		return
	}
	r.reached[name] = true
	if def.Kind == ast.InputObject {
		for _, field := range def.Fields {
			r.input(field.Type.Name())
		}
	}
}

// schema is the API schema with what is reached.
func (h *hider) schema(reached map[string]bool) *ast.Schema {
	out := *h.api
	out.Types = map[string]*ast.Definition{}
	out.PossibleTypes, out.Implements = map[string][]*ast.Definition{}, map[string][]*ast.Definition{}
	for name, def := range h.api.Types {
		if reached[name] {
			out.Types[name] = h.definition(def, reached)
		}
	}
	out.Query = out.Types[h.api.Query.Name]
	out.Mutation, out.Subscription = rootOf(out.Types, h.api.Mutation), rootOf(out.Types, h.api.Subscription)
	for name := range out.Types {
		out.PossibleTypes[name] = left(out.Types, h.api.PossibleTypes[name])
		out.Implements[name] = left(out.Types, h.api.Implements[name])
	}
	return &out
}

func rootOf(types map[string]*ast.Definition, root *ast.Definition) *ast.Definition {
	if root == nil {
		return nil
	}
	return types[root.Name]
}

func left(types map[string]*ast.Definition, of []*ast.Definition) []*ast.Definition {
	var list []*ast.Definition
	for _, def := range of {
		if shown := types[def.Name]; shown != nil {
			list = append(list, shown)
		}
	}
	return list
}

// definition is a type with what is left of it.
func (h *hider) definition(def *ast.Definition, reached map[string]bool) *ast.Definition {
	out := *def
	out.Interfaces, out.Types, out.TypePositions = only(def.Interfaces, reached), only(def.Types, reached), nil
	out.Fields = nil
	for _, field := range def.Fields {
		if !h.fields[coordinate{def.Name, field.Name}] {
			out.Fields = append(out.Fields, field)
		}
	}
	return &out
}

func only(names []string, reached map[string]bool) []string {
	var list []string
	for _, name := range names {
		if reached[name] {
			list = append(list, name)
		}
	}
	return list
}

// text writes the view as the whole API schema is written.
func (h *hider) text(reached map[string]bool) (string, error) {
	doc, err := parser.ParseSchema(&ast.Source{Input: h.rules.schema.APISource})
	if err != nil {
		return "", fmt.Errorf("reading the API schema: %w", err)
	}
	for _, schema := range doc.Schema {
		var roots ast.OperationTypeDefinitionList
		for _, root := range schema.OperationTypes {
			if reached[root.Type] {
				roots = append(roots, root)
			}
		}
		schema.OperationTypes = roots
	}
	var definitions ast.DefinitionList
	for _, def := range doc.Definitions {
		if reached[def.Name] {
			definitions = append(definitions, h.definition(def, reached))
		}
	}
	doc.Definitions = definitions
	return supergraph.Print(doc), nil
}
