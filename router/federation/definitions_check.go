package federation

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkDirective compares a subgraph's own definition of a federation directive with the specification's. A subgraph
// may leave out optional arguments, locations and `repeatable`, and call a field set a String.
func (s *Schema) checkDirective(own, want *ast.DirectiveDefinition) []*Error {
	var errs []*Error
	fail := func(pos *ast.Position, format string, args ...any) {
		format = "Invalid definition for directive \"@%s\": " + format
		errs = append(errs, Errorf(ErrDirectiveDefinitionInvalid, s.Subgraph, pos, format, append([]any{own.Name}, args...)...))
	}
	for _, arg := range want.Arguments {
		mine := own.Arguments.ForName(arg.Name)
		switch {
		case mine == nil && arg.Type.NonNull && arg.DefaultValue == nil:
			fail(own.Position, "missing required argument %q", arg.Name)
		case mine == nil:
		case !s.sameArgumentType(mine.Type, arg.Type):
			fail(mine.Position, "argument %q should have type %q but found type %q", arg.Name, arg.Type, mine.Type)
		case valueText(mine.DefaultValue) != valueText(arg.DefaultValue):
			fail(mine.Position, "argument %q should have default value %s but found default value %s",
				arg.Name, valueText(arg.DefaultValue), valueText(mine.DefaultValue))
		}
	}
	for _, mine := range own.Arguments {
		if want.Arguments.ForName(mine.Name) == nil {
			fail(mine.Position, "unknown/unsupported argument %q", mine.Name)
		}
	}
	if own.IsRepeatable && !want.IsRepeatable {
		fail(own.Position, "it should not be repeatable")
	}
	if !subset(own.Locations, want.Locations) {
		fail(own.Position, "it should have locations %s, but found (non-subset) %s",
			locations(want.Locations), locations(own.Locations))
	}
	return errs
}

// sameArgumentType lets a String, or a list of them, stand for a field set, and an optional argument be required.
func (s *Schema) sameArgumentType(mine, want *ast.Type) bool {
	if mine.String() == want.String() || mine.String() == want.String()+"!" {
		return true
	}
	if strings.TrimSuffix(mine.String(), "!") == strings.TrimSuffix(want.String(), "!") && strings.HasSuffix(want.Name(), "FieldSet") {
		return true
	}
	if want.Elem != nil || want.NamedType == "String" || want.NamedType == "Boolean" || want.NamedType == "Int" {
		return false
	}
	own := s.Types[mine.Name()]
	return mine.Name() == "String" || own != nil && own.Kind == ast.InputObject
}

func valueText(v *ast.Value) string {
	if v == nil {
		return "null"
	}
	return v.String()
}

func subset(mine, all []ast.DirectiveLocation) bool {
	return !slices.ContainsFunc(mine, func(l ast.DirectiveLocation) bool { return !slices.Contains(all, l) })
}

func locations(list []ast.DirectiveLocation) string {
	names := make([]string, len(list))
	for i, l := range list {
		names[i] = string(l)
	}
	return strings.Join(names, " | ")
}
