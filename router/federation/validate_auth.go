package federation

import "github.com/vektah/gqlparser/v2/ast"

// validateAuth reports access control on interfaces: it is derived from their implementations.
func (v *validator) validateAuth() {
	for _, t := range v.UserTypes() {
		switch {
		case t.Kind == ast.Interface:
			v.rejectAuth(t.Directives, `interface "`+t.Name+`"`)
			for _, f := range t.Fields {
				v.rejectAuth(f.Directives, `field "`+t.Name+"."+f.Name+`"`)
			}
		case v.Has(InterfaceObject, t.Directives):
			v.rejectAuth(t.Directives, `interface object "`+t.Name+`"`)
		}
	}
}

func (v *validator) rejectAuth(on ast.DirectiveList, where string) {
	for _, name := range []DirectiveName{Authenticated, RequiresScopes, Policy} {
		for _, d := range v.Applied(name, on) {
			v.fail(ErrAuthRequirementsAppliedOnInterface, d.Position,
				"Invalid use of @%s on %s: @%s cannot be applied on interfaces, interface fields and interface objects", d.Name, where, d.Name)
		}
	}
}
