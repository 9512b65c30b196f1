package federation

import "github.com/vektah/gqlparser/v2/ast"

// validateExternal reports @external where it means nothing.
func (v *validator) validateExternal() {
	v.eachFieldDefinition(func(t *Type, f *ast.FieldDefinition) {
		coordinate := t.Name + "." + f.Name
		if t.Kind == ast.Interface {
			for _, d := range v.Applied(External, f.Directives) {
				v.fail(ErrExternalOnInterface, d.Position, "Interface type field %q is marked @external but @external is not allowed on "+
					"interface fields (it is nonsensical).", coordinate)
			}
		}
		if v.IsExternal(f) && !v.IsUsed(f) {
			v.fail(ErrExternalUnused, f.Position, "Field %q is marked @external but is not used in any federation directive "+
				"(@key, @provides, @requires) or to satisfy an interface; the field declaration has no use and should be removed "+
				"(or the field should not be @external).", coordinate)
		}
	})
}

// validateShareable reports @shareable on interfaces, and twice at one place.
func (v *validator) validateShareable() {
	for _, t := range v.UserTypes() {
		v.validateSharedOnce(t)
		for _, f := range t.Fields {
			applied := v.Applied(Shareable, f.Directives)
			if len(applied) > 0 && t.Kind == ast.Interface {
				v.fail(ErrInvalidShareableUsage, applied[0].Position,
					"Invalid use of @shareable on field %q: only object type fields can be marked with @shareable", t.Name+"."+f.Name)
			}
			if len(applied) > 1 {
				v.fail(ErrInvalidShareableUsage, applied[1].Position,
					"Invalid duplicate application of @shareable on field %q", t.Name+"."+f.Name)
			}
		}
	}
}

func (v *validator) validateSharedOnce(t *Type) {
	seen := map[int]bool{}
	for _, d := range v.Applied(Shareable, t.Directives) {
		part := t.partOfDirective[d]
		if seen[part] {
			v.fail(ErrInvalidShareableUsage, d.Position, "Invalid duplicate application of @shareable on the same type declaration of %q: "+
				"@shareable is only repeatable on types so it can be used simultaneously on a type definition and its extensions, "+
				"but it should not be duplicated on the same definition/extension declaration", t.Name)
		}
		seen[part] = true
	}
}
