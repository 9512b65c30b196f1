package execute

import (
	"slices"

	"devportal.internal/router/internal/jsontext"
	"devportal.internal/router/plan"
)

// shape is a compiled plan.ObjectShape.
type shape struct {
	fields []field

	// typed says that it cannot be completed without knowing the object's runtime type.
	typed bool
}

// field is a compiled plan.FieldShape.
type field struct {
	prefix      []byte // `,"key":`
	asItCame    kinds  // values that are written as they came, with nothing left to check
	responseKey string
	storeKey    string
	coordinate  string // Type.field
	types       typeSet
	slot        int    // 0: nothing ever writes it
	constant    []byte // the answer, where it is known beforehand
	typename    bool   // the answer is the object's runtime type
	typ         *typeShape
	object      *shape
	writers     []int
	denied      *denial
}

// kinds is a set of kinds of values.
type kinds uint16

func setOf(list ...kind) kinds {
	var set kinds
	for _, k := range list {
		set |= 1 << k
	}
	return set
}

func (s kinds) has(k kind) bool { return s&(1<<k) != 0 }

// asTheyCame are the kinds of values that a type has as they came.
func (t *typeShape) asTheyCame() kinds {
	set := t.leavesAsTheyCame()
	if !t.nonNull {
		set |= setOf(null)
	}
	return set
}

func (t *typeShape) leavesAsTheyCame() kinds {
	if t.elem != nil {
		return 0
	}
	switch t.leaf {
	case plan.StringLeaf, plan.IDLeaf:
		return setOf(text)
	case plan.IntLeaf:
		return setOf(integer)
	case plan.FloatLeaf:
		return setOf(integer, number)
	case plan.BooleanLeaf:
		return setOf(boolean)
	case plan.CustomLeaf:
		return setOf(text, integer, number, boolean, raw)
	default:
		return 0
	}
}

// typeShape is a compiled plan.TypeShape.
type typeShape struct {
	nonNull bool
	elem    *typeShape
	name    string
	leaf    plan.LeafKind
	enum    []string

	possible typeSet // nil where the plan does not say
	only     uint16  // the one possible type
}

func (c *compiler) shape(o *plan.ObjectShape, s *site) *shape {
	out := &shape{fields: make([]field, 0, len(o.Fields))}
	for i := range o.Fields {
		f := c.field(&o.Fields[i], s)
		out.fields = append(out.fields, f)
		out.typed = out.typed || f.types != nil || f.typename
	}
	return out
}

func (c *compiler) field(f *plan.FieldShape, s *site) field {
	out := field{
		prefix: append([]byte{','}, quotedKey(f.ResponseKey)...), responseKey: f.ResponseKey, storeKey: f.StoreKey,
		coordinate: f.ParentType + "." + f.Name, types: c.types.set(f.Types), typ: c.typeShape(f.Type),
	}
	if f.Denied != nil {
		out.denied = newDenial(f.Denied)
		return out
	}
	out.asItCame = out.typ.asTheyCame()
	switch f.StoreKey {
	case "":
		out.constant = jsontext.AppendString(nil, f.Typename)
		return out
	case typenameKey:
		out.typename = true
		return out
	}
	sub := newSite()
	if u, ok := s.slots[f.StoreKey]; ok {
		out.slot, out.writers = u.slot, slices.Clone(u.writers)
		if u.sub != nil {
			sub = u.sub.find()
		}
	}
	if f.Object != nil {
		out.object = c.shape(f.Object, sub)
	}
	return out
}

func (c *compiler) typeShape(t *plan.TypeShape) *typeShape {
	if t == nil {
		return &typeShape{leaf: plan.CustomLeaf}
	}
	out := &typeShape{nonNull: t.NonNull, name: t.Name, leaf: t.Leaf, enum: t.EnumValues}
	if t.Elem != nil {
		out.elem = c.typeShape(t.Elem)
		return out
	}
	if len(t.PossibleTypes) > 0 {
		out.possible = c.types.set(t.PossibleTypes)
	}
	if len(t.PossibleTypes) == 1 {
		out.only = c.types.id(t.PossibleTypes[0])
	}
	return out
}
