package federation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateImplementations checks IsValidImplementation (GraphQL specification, section 3.6.1) for each interface.
func (v *graphQLValidator) validateImplementations(t *Type) {
	seen := map[string]bool{}
	for _, name := range t.Interfaces {
		itf := v.Types[name]
		switch {
		case itf == nil:
			v.fail(t.Position, "Unknown type %s", name)
		case itf.Kind != ast.Interface:
			v.fail(t.Position, "Cannot implement non-interface type %s (of type %s)", name, kindType(itf.Kind))
		case name == t.Name:
			v.fail(t.Position, "Type %s cannot implement itself because it would create a circular reference.", name)
		case seen[name]:
			v.fail(t.Position, "Type %s can only implement %s once.", t.Name, name)
		default:
			v.validateImplementation(t, itf)
		}
		seen[name] = true
	}
}

func (v *graphQLValidator) validateImplementation(t, itf *Type) {
	for _, name := range itf.Interfaces {
		if name == t.Name {
			v.fail(t.Position, "Type %s cannot implement %s because it would create a circular reference.", t.Name, itf.Name)
		} else if !slices.Contains(t.Interfaces, name) {
			v.fail(t.Position, "Type %s must implement %s because it is implemented by %s.", t.Name, name, itf.Name)
		}
	}
	for _, want := range itf.Fields {
		have := t.Field(want.Name)
		if have == nil {
			v.fail(t.Position, "Interface field %s.%s expected but %s does not provide it.", itf.Name, want.Name, t.Name)
			continue
		}
		if !v.isSubtype(have.Type, want.Type) {
			v.fail(have.Position, "Interface field %s.%s expects type %s but %s.%s of type %s is not a proper subtype.",
				itf.Name, want.Name, want.Type, t.Name, have.Name, have.Type)
		}
		v.validateImplementedArguments(t, itf, have, want)
	}
}

func (v *graphQLValidator) validateImplementedArguments(t, itf *Type, have, want *ast.FieldDefinition) {
	for _, arg := range want.Arguments {
		mine := have.Arguments.ForName(arg.Name)
		switch {
		case mine == nil:
			v.fail(have.Position, "Interface field argument %s.%s(%s:) expected but %s.%s does not provide it.",
				itf.Name, want.Name, arg.Name, t.Name, have.Name)
		case mine.Type.String() != arg.Type.String():
			v.fail(mine.Position, "Interface field argument %s.%s(%s:) expects type %s but %s.%s(%s:) is type %s.",
				itf.Name, want.Name, arg.Name, arg.Type, t.Name, have.Name, arg.Name, mine.Type)
		}
	}
	for _, mine := range have.Arguments {
		if mine.Type.NonNull && mine.DefaultValue == nil && want.Arguments.ForName(mine.Name) == nil {
			v.fail(mine.Position, "Field %s.%s includes required argument %s that is missing from the Interface field %s.%s.",
				t.Name, have.Name, mine.Name, itf.Name, want.Name)
		}
	}
}

func (s *Schema) isSubtype(have, want *ast.Type) bool {
	if want.NonNull && !have.NonNull {
		return false
	}
	if want.Elem != nil || have.Elem != nil {
		return want.Elem != nil && have.Elem != nil && s.isSubtype(have.Elem, want.Elem)
	}
	return s.isNamedSubtype(have.NamedType, want.NamedType)
}

// isNamedSubtype reports whether every value of one type is a value of the other.
func (s *Schema) isNamedSubtype(have, want string) bool {
	if have == want {
		return true
	}
	mine, other := s.Types[have], s.Types[want]
	if mine == nil || other == nil {
		return false
	}
	if other.Kind == ast.Union {
		return slices.Contains(other.Types, have)
	}
	return other.Kind == ast.Interface && slices.Contains(mine.Interfaces, want)
}
