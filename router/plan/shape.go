package plan

import (
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

// rootShape is the shape of the initial response, and where the introspection fields stand in it.
func (f *finisher) rootShape() (*ObjectShape, []Introspection) {
	shape := f.objectShape(f.root, f.op.Fields, 0)
	var list []Introspection
	for _, field := range f.op.Introspection {
		at := 0
		for _, other := range f.op.Fields {
			if other.Defer == 0 && before(other.Position, field.Position) {
				at++
			}
		}
		list = append(list, Introspection{Field: field, Index: min(at, len(shape.Fields))})
	}
	return shape, list
}

func before(x, y *ast.Position) bool {
	return x != nil && y != nil && x.Start < y.Start
}

// objectShape is the shape of a place's objects in one part of the response: 0 is the initial response. The place may
// be nil where no object can come from.
func (f *finisher) objectShape(p *place, fields []*operation.Field, deferred int) *ObjectShape {
	shape := &ObjectShape{}
	for _, field := range fields {
		if f.inPart(field, deferred) {
			shape.Fields = append(shape.Fields, f.fieldShapes(p, field, deferred)...)
		}
	}
	return shape
}

// inPart reports whether a part of the response delivers a field or something below it.
func (f *finisher) inPart(field *operation.Field, deferred int) bool {
	if field.Defer == deferred {
		return true
	}
	return deferred != 0 && slices.ContainsFunc(field.Fields, func(sub *operation.Field) bool { return f.inPart(sub, deferred) })
}

func (f *finisher) fieldShapes(p *place, field *operation.Field, deferred int) []FieldShape {
	base := FieldShape{
		ResponseKey: field.ResponseKey, StoreKey: field.ResponseKey,
		ParentType: field.ParentType, Name: field.Name,
		Type: f.typeShape(field.Definition.Type),
	}
	if field.Types != nil {
		base.Types = f.know.schema.Names(field.Types)
	}
	if field.Denied != nil {
		base.StoreKey, base.Denied = "", field.Denied
		return []FieldShape{base}
	}
	if field.Name == "__typename" {
		return []FieldShape{f.typenameShape(base, p)}
	}
	var values []*value
	if p != nil {
		values = p.byField[field]
	}
	if len(values) == 0 {
		if f.know.composite(field.Definition.Type.Name()) {
			base.Object = f.objectShape(nil, field.Fields, deferred)
		}
		return []FieldShape{base}
	}
	var shapes []FieldShape
	for i, v := range values {
		s := base
		s.StoreKey = v.key
		types := v.types
		if i == 0 {
			types = f.rest(p, field, values[1:])
		}
		if len(values) > 1 {
			s.Types = f.know.schema.Names(types)
		}
		shapes = append(shapes, f.partShapes(s, v, types, field, deferred)...)
	}
	return shapes
}

// rest are the types of a field that are left when the values of a list have theirs.
func (f *finisher) rest(p *place, field *operation.Field, values []*value) supergraph.TypeSet {
	types := field.Types
	if types == nil {
		types = f.know.schema.Possible(p.typename)
	}
	for _, v := range values {
		types = types.Minus(v.types)
	}
	return types
}

// partShapes are the shapes of one value: one for each part of a composite value.
func (f *finisher) partShapes(
	s FieldShape, v *value, types supergraph.TypeSet, field *operation.Field, deferred int,
) []FieldShape {
	if !v.composite {
		return []FieldShape{s}
	}
	if len(v.parts) == 0 {
		s.Object = f.objectShape(nil, field.Fields, deferred)
		return []FieldShape{s}
	}
	var shapes []FieldShape
	for i, part := range v.parts {
		one := s
		one.Object = f.objectShape(part.child, field.Fields, deferred)
		if len(v.parts) > 1 {
			own := part.types.And(types)
			if i == 0 {
				own = types
				for _, other := range v.parts[1:] {
					own = own.Minus(other.types)
				}
			}
			if own.Empty() {
				continue
			}
			one.Types = f.know.schema.Names(own)
		}
		shapes = append(shapes, one)
	}
	return shapes
}

func (f *finisher) typenameShape(s FieldShape, p *place) FieldShape {
	s.StoreKey = "__typename"
	switch {
	case p == nil:
	case p.via == nil:
		s.StoreKey, s.Typename = "", f.op.Root
	case p.possible.Len() == 1:
		s.StoreKey, s.Typename = "", f.know.schema.Objects[p.possible.First()]
	}
	return s
}

// typeShape describes a type reference of the API schema.
func (f *finisher) typeShape(t *ast.Type) *TypeShape {
	if t.Elem != nil {
		return &TypeShape{NonNull: t.NonNull, Elem: f.typeShape(t.Elem)}
	}
	known := f.know.namedShape(t.NamedType)
	if known.NonNull == t.NonNull {
		return known
	}
	shape := *known
	shape.NonNull = t.NonNull
	return &shape
}

// shapeCache holds the shapes of named types, which are the same in all plans.
type shapeCache struct {
	shapes sync.Map
}

func (k *knowledge) namedShape(name string) *TypeShape {
	if known, ok := k.shapes.shapes.Load(name); ok {
		return known.(*TypeShape)
	}
	shape := &TypeShape{Name: name}
	def := k.schema.API.Types[name]
	switch {
	case def == nil:
		shape.Leaf = CustomLeaf
	case def.Kind == ast.Enum:
		shape.Leaf = EnumLeaf
		for _, value := range def.EnumValues {
			shape.EnumValues = append(shape.EnumValues, value.Name)
		}
		slices.Sort(shape.EnumValues)
	case def.Kind == ast.Scalar:
		shape.Leaf = scalarLeaf(name)
	default:
		for _, object := range k.schema.Names(k.schema.Possible(name)) {
			if k.schema.API.Types[object] != nil {
				shape.PossibleTypes = append(shape.PossibleTypes, object)
			}
		}
	}
	k.shapes.shapes.Store(name, shape)
	return shape
}

func scalarLeaf(name string) LeafKind {
	switch name {
	case "Int":
		return IntLeaf
	case "Float":
		return FloatLeaf
	case "String":
		return StringLeaf
	case "Boolean":
		return BooleanLeaf
	case "ID":
		return IDLeaf
	}
	return CustomLeaf
}

// deferred are the parts that come after the initial response. A fragment that has nothing of its own left, because
// others deliver its fields sooner or no object can be where it stands, is none.
func (f *finisher) deferred(fetches []*Fetch) []*Deferred {
	numbers := make([]int, len(f.op.Defers)+1)
	var list []*Deferred
	for i, d := range f.op.Defers {
		shape := f.shapeAt(f.root, f.op.Fields, d.Path, i+1)
		if len(shape.Fields) == 0 {
			numbers[i+1] = numbers[d.Parent]
			continue
		}
		list = append(list, &Deferred{
			Label: d.Label, Parent: numbers[d.Parent], Path: d.Path, Shape: shape, Fetches: f.fetchesFor(i+1, fetches),
		})
		numbers[i+1] = len(list)
	}
	for _, fetch := range fetches {
		fetch.Deferred = numbers[fetch.Deferred]
	}
	return list
}

// shapeAt is the shape of a deferred part at the place where its fragment stands.
func (f *finisher) shapeAt(p *place, fields []*operation.Field, path []string, deferred int) *ObjectShape {
	if len(path) == 0 {
		return f.objectShape(p, fields, deferred)
	}
	shape := &ObjectShape{}
	for _, field := range fields {
		if field.ResponseKey != path[0] {
			continue
		}
		for _, child := range childrenOf(p, field) {
			shape.Fields = append(shape.Fields, f.shapeAt(child, field.Fields, path[1:], deferred).Fields...)
		}
	}
	return shape
}

// fetchesFor are the fetches that a deferred part waits for: those of its own, of the parts around it, and what they
// depend on.
func (f *finisher) fetchesFor(deferred int, fetches []*Fetch) []int {
	around := map[int]bool{0: true}
	for at := deferred; at != 0; at = f.op.Defers[at-1].Parent {
		around[at] = true
	}
	var ids []int
	for _, fetch := range fetches {
		if around[fetch.Deferred] {
			ids = append(ids, fetch.ID)
		}
	}
	return ids
}
