package federation

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateGraphQL checks the rules of the GraphQL specification's type system (section 3) that the merge relies on.
func (s *Schema) validateGraphQL() []*Error {
	v := &graphQLValidator{Schema: s}
	for _, name := range s.Order {
		v.validateType(s.Types[name])
	}
	for _, name := range s.DirectiveOrder {
		v.validateDirectiveDefinition(s.DirectiveDefinitions[name])
	}
	v.validateApplications(s.Directives, ast.LocationSchema, "schema")
	if len(v.errs) == 0 {
		for _, name := range s.Order {
			v.validateImplementations(s.Types[name])
		}
		v.validateInputCycles()
	}
	return v.errs
}

type graphQLValidator struct {
	*Schema
	errs []*Error
}

func (v *graphQLValidator) fail(pos *ast.Position, format string, args ...any) {
	v.errs = append(v.errs, Errorf(ErrInvalidGraphQL, v.Subgraph, pos, format, args...))
}

func (v *graphQLValidator) validateName(name string, pos *ast.Position) {
	if strings.HasPrefix(name, "__") {
		v.fail(pos, "Name %q must not begin with \"__\", which is reserved by GraphQL introspection.", name)
	}
}

func (v *graphQLValidator) validateType(t *Type) {
	v.validateName(t.Name, t.Position)
	v.validateApplications(t.Directives, typeLocation(t.Kind), t.Name)
	switch t.Kind {
	case ast.Object, ast.Interface:
		v.validateFields(t)
	case ast.InputObject:
		v.validateInputFields(t)
	case ast.Union:
		v.validateMembers(t)
	case ast.Enum:
		v.validateValues(t)
	case ast.Scalar:
	}
}

func typeLocation(kind ast.DefinitionKind) ast.DirectiveLocation { return ast.DirectiveLocation(kind) }

func (v *graphQLValidator) validateFields(t *Type) {
	if len(t.Fields) == 0 && !v.internal[t.Name] && t.Name != v.Roots[ast.Query] {
		v.fail(t.Position, "Type %s must define one or more fields.", t.Name)
	}
	for _, f := range t.Fields {
		v.validateName(f.Name, f.Position)
		coordinate := t.Name + "." + f.Name
		v.validateOutput(f.Type, f.Position, coordinate)
		v.validateApplications(f.Directives, ast.LocationFieldDefinition, coordinate)
		v.validateArguments(f.Arguments, coordinate)
	}
}

func (v *graphQLValidator) validateArguments(args ast.ArgumentDefinitionList, of string) {
	seen := map[string]bool{}
	for _, a := range args {
		coordinate := of + "(" + a.Name + ":)"
		if seen[a.Name] {
			v.fail(a.Position, "Argument %q can only be defined once.", coordinate)
		}
		seen[a.Name] = true
		v.validateName(a.Name, a.Position)
		v.validateInput(a.Type, a.Position, coordinate)
		v.validateDefault(a.DefaultValue, a.Type, coordinate)
		v.validateApplications(a.Directives, ast.LocationArgumentDefinition, coordinate)
		if a.Type.NonNull && a.DefaultValue == nil && a.Directives.ForName("deprecated") != nil {
			v.fail(a.Position, "Required argument %s cannot be deprecated.", coordinate)
		}
	}
}

func (v *graphQLValidator) validateInputFields(t *Type) {
	if len(t.Fields) == 0 && !v.internal[t.Name] {
		v.fail(t.Position, "Input Object type %s must define one or more fields.", t.Name)
	}
	for _, f := range t.Fields {
		coordinate := t.Name + "." + f.Name
		v.validateName(f.Name, f.Position)
		v.validateInput(f.Type, f.Position, coordinate)
		v.validateDefault(f.DefaultValue, f.Type, coordinate)
		v.validateApplications(f.Directives, ast.LocationInputFieldDefinition, coordinate)
		if f.Type.NonNull && f.DefaultValue == nil && f.Directives.ForName("deprecated") != nil {
			v.fail(f.Position, "Required input field %s cannot be deprecated.", coordinate)
		}
	}
}

func (v *graphQLValidator) validateMembers(t *Type) {
	if len(t.Types) == 0 && !v.internal[t.Name] {
		v.fail(t.Position, "Union type %s must define one or more member types.", t.Name)
	}
	seen := map[string]bool{}
	for _, name := range t.Types {
		member := v.Types[name]
		switch {
		case member == nil:
			v.fail(t.Position, "Unknown type %s", name)
		case member.Kind != ast.Object:
			v.fail(t.Position, "Union type %s can only include Object types, it cannot include %s.", t.Name, name)
		case seen[name]:
			v.fail(t.Position, "Union type %s can only include type %s once.", t.Name, name)
		}
		seen[name] = true
	}
}

func (v *graphQLValidator) validateValues(t *Type) {
	if len(t.EnumValues) == 0 && !v.internal[t.Name] {
		v.fail(t.Position, "Enum type %s must define one or more values.", t.Name)
	}
	for _, value := range t.EnumValues {
		if value.Name == "true" || value.Name == "false" || value.Name == "null" {
			v.fail(value.Position, "Name %q cannot be used as an enum value.", value.Name)
		}
		v.validateApplications(value.Directives, ast.LocationEnumValue, t.Name+"."+value.Name)
	}
}

func (v *graphQLValidator) validateOutput(t *ast.Type, pos *ast.Position, coordinate string) {
	def := v.Types[t.Name()]
	switch {
	case def == nil:
		v.fail(pos, "Unknown type %s", t.Name())
	case def.Kind == ast.InputObject:
		v.fail(pos, "The type of %s must be an output type but got: %s.", coordinate, t)
	}
}

func (v *graphQLValidator) validateInput(t *ast.Type, pos *ast.Position, coordinate string) {
	def := v.Types[t.Name()]
	switch {
	case def == nil:
		v.fail(pos, "Unknown type %s", t.Name())
	case !def.IsInputType():
		v.fail(pos, "The type of %s must be an input type but got: %s.", coordinate, t)
	}
}

func (v *graphQLValidator) validateDefault(value *ast.Value, t *ast.Type, coordinate string) {
	if value == nil || v.Types[t.Name()] == nil {
		return
	}
	if !v.validValue(value, t, 0) {
		v.fail(value.Position, "Invalid default value (got: %s) provided for %s of type %s.", value, coordinate, t)
		return
	}
	v.unquoteEnums(value, t)
}

func (v *graphQLValidator) validateDirectiveDefinition(d *ast.DirectiveDefinition) {
	v.validateName(d.Name, d.Position)
	v.validateArguments(d.Arguments, "@"+d.Name)
}
