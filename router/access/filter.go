package access

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

// The codes of denials, in extensions.code.
const (
	// CodeUnauthenticated: nobody is signed in; whoever signs in may have it, or may not.
	CodeUnauthenticated = "UNAUTHENTICATED"

	// CodeForbidden: who is signed in may not have it.
	CodeForbidden = "FORBIDDEN"
)

// Denied is a field that an operation names and that is denied, on some objects at least.
type Denied struct {
	// Path is its response path, without list indexes.
	Path []string

	// Coordinate is the type that it was selected on and its name, such as "Query.policies".
	Coordinate string
}

// Filter returns an operation in which what the rights do not allow is marked as denied, and what it names that is denied.
// That an object may turn out to be of a type that is denied is marked, and has no path unless the operation asks something
// of such types alone. The operation itself is returned where all of it is allowed.
//
//  1. An object of a type that is denied as a whole has one marker, for its type, in place of all fields.
//  2. A field is split by runtime types into those where it may be had and those where it is denied.
//  3. A field of whose value every possible type is denied is denied itself.
func (r *Rules) Filter(op *operation.Normalised, rights Rights) (*operation.Normalised, []Denied) {
	if r.none || r.AreAll(rights) {
		return op, nil
	}
	f := &filter{rules: r, rights: rights}
	filtered := *op
	filtered.Fields = f.fields(op.Fields, r.schema.Possible(op.Root))
	if !f.marked {
		return op, nil
	}
	return &filtered, f.denied
}

// maxDenied bounds what Filter says is denied.
const maxDenied = 100

type filter struct {
	rules  *Rules
	rights Rights
	path   []string
	denied []Denied
	marked bool
}

// fields filters a selection set on objects of some types.
func (f *filter) fields(fields []*operation.Field, types supergraph.TypeSet) []*operation.Field {
	kept := make([]*operation.Field, 0, len(fields))
	for _, field := range fields {
		f.path = append(f.path, field.ResponseKey)
		kept = append(kept, f.field(field, types)...)
		f.path = f.path[:len(f.path)-1]
	}
	return kept
}

// field is what a field becomes: up to two, for disjoint types.
func (f *filter) field(field *operation.Field, types supergraph.TypeSet) []*operation.Field {
	all := types
	if field.Types != nil {
		all = types.And(field.Types)
	}
	if field.Name == "__typename" {
		return []*operation.Field{field}
	}
	forbidden := f.forbidden(field, all)
	if forbidden.Empty() {
		return []*operation.Field{f.allowed(field, field.Types)}
	}
	f.report(field)
	denied := f.deny(field, false)
	denied.Types = field.Types
	left := all.Minus(forbidden)
	if left.Empty() {
		return []*operation.Field{denied}
	}
	denied.Types = forbidden
	return []*operation.Field{f.allowed(field, left), denied}
}

// forbidden are those of some types on which a field is denied.
func (f *filter) forbidden(field *operation.Field, types supergraph.TypeSet) supergraph.TypeSet {
	schema := f.rules.schema
	var forbidden supergraph.TypeSet
	for number := range types.All() {
		object := schema.Objects[number]
		def := schema.Field(object, field.Name)
		if def == nil {
			def = field.Definition
		}
		if !f.rights.meet(f.rules.ofField(object, def)) || f.allForbidden(def.Type.Name()) {
			forbidden = forbidden.Or(supergraph.Single(number, len(schema.Objects)))
		}
	}
	return forbidden
}

// allForbidden reports whether a type is abstract and each of its runtime types denied.
func (f *filter) allForbidden(typename string) bool {
	possible := f.rules.possible(typename)
	return !possible.Empty() && f.forbiddenObjects(possible).Equal(possible)
}

// forbiddenObjects are those of some types whose objects are denied as a whole.
func (f *filter) forbiddenObjects(types supergraph.TypeSet) supergraph.TypeSet {
	var forbidden supergraph.TypeSet
	for number := range types.All() {
		if !f.rights.meet(f.rules.types[f.rules.schema.Objects[number]]) {
			forbidden = forbidden.Or(supergraph.Single(number, len(f.rules.schema.Objects)))
		}
	}
	return forbidden
}

// allowed is a field that may be had on some types (nil: all), with its selections filtered.
func (f *filter) allowed(field *operation.Field, types supergraph.TypeSet) *operation.Field {
	kept := *field
	kept.Types = types
	possible := f.rules.possible(field.Definition.Type.Name())
	if possible.Empty() {
		return &kept
	}
	forbidden := f.forbiddenObjects(possible)
	if forbidden.Empty() {
		kept.Fields = f.fields(field.Fields, possible)
		return &kept
	}
	marker := f.deny(field, true)
	marker.Types = forbidden
	left := possible.Minus(forbidden)
	restricted := restrict(field.Fields, left)
	if namesForbidden(field.Fields, left) {
		f.report(field)
	}
	kept.Fields = append([]*operation.Field{marker}, f.fields(restricted, left)...)
	return &kept
}

// namesForbidden reports whether one of some selections is there for objects of denied types alone. A field that stands in
// several selections is split by runtime types, so that what is left of the wider one may be on denied types only: a key
// that is also asked of types that are left names none of them.
func namesForbidden(fields []*operation.Field, left supergraph.TypeSet) bool {
	asked := map[string]bool{}
	for _, field := range fields {
		if field.Types == nil || !left.And(field.Types).Empty() {
			asked[field.ResponseKey] = true
		}
	}
	return slices.ContainsFunc(fields, func(field *operation.Field) bool { return !asked[field.ResponseKey] })
}

// restrict asks fields of some types only.
func restrict(fields []*operation.Field, types supergraph.TypeSet) []*operation.Field {
	var kept []*operation.Field
	for _, field := range fields {
		restricted := *field
		restricted.Types = types
		if field.Types != nil {
			restricted.Types = types.And(field.Types)
		}
		if !restricted.Types.Empty() {
			kept = append(kept, &restricted)
		}
	}
	return kept
}

// deny is the field that stands for one that is denied, or for an object that is.
func (f *filter) deny(field *operation.Field, object bool) *operation.Field {
	denial := f.rights.Denial()
	denial.Object = object
	f.marked = true
	return &operation.Field{
		ResponseKey: field.ResponseKey, Name: "__typename", ParentType: field.ParentType, Definition: field.Definition,
		Defer: field.Defer, Position: field.Position, Denied: &denial,
	}
}

// report notes the field that the filter is at.
func (f *filter) report(field *operation.Field) {
	if len(f.denied) < maxDenied {
		f.denied = append(f.denied, Denied{slices.Clone(f.path), field.ParentType + "." + field.Name})
	}
}

// IsSilent reports whether a filtered operation is a subscription whose field is denied, so that it has no events.
func IsSilent(op *operation.Normalised) bool {
	return op.Kind == ast.Subscription && len(op.Fields) > 0 && op.Fields[0].Denied != nil
}
