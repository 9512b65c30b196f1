package federation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateApplications checks directives where they are applied (GraphQL specification, section 3.13).
func (v *graphQLValidator) validateApplications(list ast.DirectiveList, at ast.DirectiveLocation, on string) {
	seen := map[string]bool{}
	for _, d := range list {
		def := v.DirectiveDefinitions[d.Name]
		if def == nil {
			v.fail(d.Position, "Unknown directive \"@%s\".%s", d.Name, v.didYouMean(d.Name))
			continue
		}
		if !slices.Contains(def.Locations, at) {
			v.fail(d.Position, "Directive \"@%s\" may not be used on %s.", d.Name, at)
			continue
		}
		if seen[d.Name] && !def.IsRepeatable && !v.isKey(d.Name) {
			v.fail(d.Position, "The directive \"@%s\" can only be used once at this location.", d.Name)
		}
		seen[d.Name] = true
		v.validateArgumentValues(d, def, on)
	}
}

// isKey excuses @key, which old definitions forget to call repeatable.
func (v *graphQLValidator) isKey(name string) bool { return name == v.local[Key] }

func (v *graphQLValidator) didYouMean(name string) string {
	for _, e := range elements() {
		if string(e.name) != name {
			continue
		}
		if v.IsFederation1() {
			return " If you meant the \"@" + name + "\" federation 2 directive, note that this schema is a federation 1 schema. " +
				"To be a federation 2 schema, it needs to @link to the federation specification v2."
		}
		if local := v.local[e.name]; local != "" && local != name {
			return " If you meant the \"@" + name + "\" federation directive, you should use fully-qualified name \"@" + local +
				"\" or add \"@" + name + "\" to the `import` argument of the @link to the federation specification."
		}
	}
	return ""
}

func (v *graphQLValidator) validateArgumentValues(d *ast.Directive, def *ast.DirectiveDefinition, on string) {
	for _, arg := range def.Arguments {
		given := d.Arguments.ForName(arg.Name)
		if given == nil {
			if arg.Type.NonNull && arg.DefaultValue == nil {
				v.fail(d.Position, "Directive \"@%s\" argument %q of type %q is required, but it was not provided.",
					d.Name, arg.Name, arg.Type)
			}
			continue
		}
		if v.Types[arg.Type.Name()] != nil && !v.validArgument(d, given, arg) {
			v.fail(d.Position, "Invalid value for \"@%s(%s:)\" of type %q in application of \"@%s\" to %q.",
				d.Name, arg.Name, arg.Type, d.Name, on)
		}
	}
	seen := map[string]bool{}
	for _, given := range d.Arguments {
		if def.Arguments.ForName(given.Name) == nil {
			v.fail(d.Position, "Unknown argument %q on directive \"@%s\".", given.Name, d.Name)
		}
		if seen[given.Name] {
			v.fail(d.Position, "There can be only one argument named %q.", given.Name)
		}
		seen[given.Name] = true
	}
}

// validArgument checks a value; federation 1's field sets may be lists of strings whatever the definition says.
func (v *graphQLValidator) validArgument(d *ast.Directive, given *ast.Argument, arg *ast.ArgumentDefinition) bool {
	if v.validValue(given.Value, arg.Type, 0) {
		return true
	}
	if !v.IsFederation1() || given.Name != "fields" {
		return false
	}
	return d.Name == v.local[Key] || d.Name == v.local[Requires] || d.Name == v.local[Provides]
}
