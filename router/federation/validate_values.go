package federation

import (
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxValueDepth bounds how deep a value is compared with its type.
const maxValueDepth = 200

// validValue reports whether a constant can be coerced to an input type (GraphQL specification, section 3). A string
// may stand for an enum value, as in the reference composer.
func (s *Schema) validValue(value *ast.Value, t *ast.Type, depth int) bool {
	if depth > maxValueDepth || value.Kind == ast.Variable {
		return false
	}
	if value.Kind == ast.NullValue {
		return !t.NonNull
	}
	if t.Elem != nil {
		return s.validList(value, t.Elem, depth)
	}
	def := s.Types[t.NamedType]
	switch {
	case def == nil:
		return false
	case def.Kind == ast.InputObject:
		return s.validObject(value, def, depth)
	case def.Kind == ast.Enum:
		named := value.Kind == ast.EnumValue || value.Kind == ast.StringValue
		return named && def.EnumValues.ForName(value.Raw) != nil
	}
	return validScalar(value, t.NamedType)
}

func (s *Schema) validList(value *ast.Value, elem *ast.Type, depth int) bool {
	if value.Kind != ast.ListValue {
		return s.validValue(value, elem, depth+1)
	}
	return !slices.ContainsFunc(value.Children, func(c *ast.ChildValue) bool {
		return !s.validValue(c.Value, elem, depth+1)
	})
}

// validObject accepts an object that leaves out required fields, as the reference composer does.
func (s *Schema) validObject(value *ast.Value, def *Type, depth int) bool {
	if value.Kind != ast.ObjectValue {
		return false
	}
	for _, child := range value.Children {
		f := def.Field(child.Name)
		if f == nil || !s.validValue(child.Value, f.Type, depth+1) {
			return false
		}
	}
	return true
}

func validScalar(value *ast.Value, name string) bool {
	switch name {
	case "Int":
		_, err := strconv.ParseInt(value.Raw, 10, 32)
		return value.Kind == ast.IntValue && err == nil
	case "Float":
		return value.Kind == ast.IntValue || value.Kind == ast.FloatValue
	case "String":
		return value.Kind == ast.StringValue || value.Kind == ast.BlockValue
	case "Boolean":
		return value.Kind == ast.BooleanValue
	case "ID":
		return value.Kind == ast.StringValue || value.Kind == ast.BlockValue || value.Kind == ast.IntValue
	}
	return true
}

// unquoteEnums makes enum values of the strings that stand for them.
func (s *Schema) unquoteEnums(value *ast.Value, t *ast.Type) {
	def := s.Types[t.Name()]
	switch {
	case value.Kind == ast.ListValue:
		elem := t
		if t.Elem != nil {
			elem = t.Elem
		}
		for _, c := range value.Children {
			s.unquoteEnums(c.Value, elem)
		}
	case def == nil:
	case def.Kind == ast.Enum && value.Kind == ast.StringValue:
		value.Kind = ast.EnumValue
	case def.Kind == ast.InputObject && value.Kind == ast.ObjectValue:
		for _, c := range value.Children {
			if f := def.Field(c.Name); f != nil {
				s.unquoteEnums(c.Value, f.Type)
			}
		}
	}
}

// validateInputCycles finds input objects that need an endless value (GraphQL specification, section 3.10).
func (v *graphQLValidator) validateInputCycles() {
	done := map[string]bool{}
	for _, name := range v.Order {
		if t := v.Types[name]; t.Kind == ast.InputObject {
			v.followInput(t, map[string]bool{}, done)
		}
	}
}

func (v *graphQLValidator) followInput(t *Type, path, done map[string]bool) {
	if path[t.Name] {
		v.fail(t.Position, "Cannot reference Input Object %s within itself through a series of non-null fields.", t.Name)
		return
	}
	if done[t.Name] {
		return
	}
	path[t.Name] = true
	for _, f := range t.Fields {
		if next := v.Types[f.Type.NamedType]; f.Type.NonNull && next != nil && next.Kind == ast.InputObject {
			v.followInput(next, path, done)
		}
	}
	delete(path, t.Name)
	done[t.Name] = true
}
