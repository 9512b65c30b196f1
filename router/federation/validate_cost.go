package federation

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateCost checks @cost and @listSize (cost specification 0.1).
func (v *validator) validateCost() {
	v.eachFieldDefinition(func(t *Type, f *ast.FieldDefinition) {
		coordinate := t.Name + "." + f.Name
		for _, d := range v.Applied(Cost, f.Directives) {
			if t.Kind == ast.Interface {
				v.fail(ErrCostAppliedToInterfaceField, d.Position, "@%s cannot be applied to interface %q", d.Name, coordinate)
			}
		}
		for _, d := range v.Applied(ListSize, f.Directives) {
			v.validateListSize(d, coordinate, f)
		}
	})
}

func (v *validator) validateListSize(d *ast.Directive, coordinate string, f *ast.FieldDefinition) {
	sized, hasSized := stringsArg(d, "sizedFields")
	if !hasSized && f.Type.Elem == nil {
		v.fail(ErrListSizeAppliedToNonList, d.Position, "%q is not a list", coordinate)
	}
	if arg := d.Arguments.ForName("assumedSize"); arg != nil && strings.HasPrefix(arg.Value.Raw, "-") {
		v.fail(ErrListSizeInvalidAssumedSize, d.Position, "Assumed size of %q cannot be negative", coordinate)
	}
	slicing, _ := stringsArg(d, "slicingArguments")
	for _, name := range slicing {
		a := f.Arguments.ForName(name)
		switch {
		case a == nil:
			v.fail(ErrListSizeInvalidSlicingArgument, d.Position, "Slicing argument %q is not an argument of %q", name, coordinate)
		case a.Type.NamedType != "Int":
			v.fail(ErrListSizeInvalidSlicingArgument, d.Position, "Slicing argument %q must be Int or Int!", coordinate+"("+name+":)")
		}
	}
	if hasSized {
		v.validateSizedFields(d, f, sized)
	}
}

func (v *validator) validateSizedFields(d *ast.Directive, f *ast.FieldDefinition, sized []string) {
	t := v.Types[f.Type.Name()]
	if t == nil || t.Kind != ast.Object && t.Kind != ast.Interface {
		v.fail(ErrListSizeInvalidSizedField, d.Position, "Sized fields cannot be used because %q is not a composite type", f.Type)
		return
	}
	for _, name := range sized {
		field := t.Field(name)
		switch {
		case field == nil:
			v.fail(ErrListSizeInvalidSizedField, d.Position, "Sized field %q is not a field on type %q", name, t.Name)
		case field.Type.Elem == nil:
			v.fail(ErrListSizeAppliedToNonList, d.Position, "Sized field %q is not a list", t.Name+"."+name)
		}
	}
}

// stringsArg is a list argument; given is false when it is absent or null.
func stringsArg(d *ast.Directive, name string) (values []string, given bool) {
	arg := d.Arguments.ForName(name)
	if arg == nil || arg.Value == nil || arg.Value.Kind == ast.NullValue {
		return nil, false
	}
	if arg.Value.Kind != ast.ListValue {
		return []string{arg.Value.Raw}, true
	}
	for _, c := range arg.Value.Children {
		values = append(values, c.Value.Raw)
	}
	return values, true
}
