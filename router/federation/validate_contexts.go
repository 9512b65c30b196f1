package federation

import (
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

var contextName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

// validateContexts checks @context and @fromContext (context specification 0.1).
func (v *validator) validateContexts() {
	if v.local[Context] == "" {
		return
	}
	for _, t := range v.UserTypes() {
		for _, d := range v.Applied(Context, t.Directives) {
			name, _ := StringArg(d, "name")
			switch {
			case strings.Contains(name, "_"):
				v.fail(ErrContextNameInvalid, d.Position, "Context name %q may not contain an underscore.", name)
			case !contextName.MatchString(name):
				v.fail(ErrContextNameInvalid, d.Position, "Context name %q is invalid. It should have only alphanumeric characters.", name)
			}
		}
	}
	v.eachFieldDefinition(func(t *Type, f *ast.FieldDefinition) {
		for _, use := range v.ContextsOf(f) {
			v.validateContextUse(t, f, use)
		}
	})
}

func (v *validator) validateContextUse(t *Type, f *ast.FieldDefinition, use ContextUse) {
	pos := use.Argument.Position
	coordinate := t.Name + "." + f.Name
	argument := coordinate + "(" + use.Argument.Name + ":)"
	if t.Kind == ast.Interface {
		v.fail(ErrContextNotSet, pos, "@fromContext argument cannot be used on a field that exists on an abstract type %q.", argument)
		return
	}
	if itf := v.implementedBy(t, f); itf != "" {
		v.fail(ErrContextNotSet, pos, "@fromContext argument cannot be used on a field implementing an interface field %q.", itf+"."+f.Name)
		return
	}
	if use.Argument.DefaultValue != nil {
		v.fail(ErrContextNotSet, pos, "@fromContext arguments may not have a default value: %q.", argument)
	}
	if !slices.ContainsFunc(v.Keys(t), func(k KeyOf) bool { return k.Resolvable }) {
		v.fail(ErrContextNoResolvableKey, pos, "Object %q has no resolvable key but has a field with a contextual argument.", t.Name)
	}
	v.validateContextSelection(use, argument)
}

// implementedBy names an interface that promises the field.
func (v *validator) implementedBy(t *Type, f *ast.FieldDefinition) string {
	for _, name := range t.Interfaces {
		if itf := v.Types[name]; itf != nil && itf.Field(f.Name) != nil {
			return name
		}
	}
	return ""
}

func (v *validator) validateContextSelection(use ContextUse, argument string) {
	pos := use.Argument.Position
	if use.Context == "" {
		field, _ := StringArg(v.Applied(FromContext, use.Argument.Directives)[0], "field")
		v.fail(ErrNoContextInSelection, pos, "@fromContext argument does not reference a context %q.", field)
		return
	}
	types := v.ContextTypes(use.Context)
	if len(types) == 0 {
		v.fail(ErrContextNotSet, pos, "Context %q is used at location %q but is never set.", use.Context, argument)
		return
	}
	for _, t := range types {
		if problem := v.contextTypeProblem(t, use); problem != "" {
			v.fail(ErrContextInvalidSelection, pos, "Context %q is used in %q but the selection is invalid%s", use.Context, argument, problem)
			return
		}
	}
}

// contextTypeProblem says why the selection does not fit a type that sets the context; "" when it does.
func (v *validator) contextTypeProblem(t *Type, use ContextUse) string {
	if strings.Contains(use.Text, "@") {
		return ": directives are not allowed in the selection"
	}
	set, problem := v.contextSelection(t, use.Text)
	switch {
	case strings.Contains(problem, "Cannot use alias"):
		return ": aliases are not allowed in the selection"
	case strings.HasPrefix(problem, "for type"):
		return " " + problem
	case problem != "":
		return ": " + problem
	}
	got, many := selectedType(set)
	if many {
		return ": multiple selections are made"
	}
	if got == nil || !v.isSubtype(got, use.Argument.Type) {
		return `: the type of the selection "` + typeText(got) + `" does not match the expected type "` + use.Argument.Type.String() + `"`
	}
	return ""
}

func typeText(t *ast.Type) string {
	if t == nil {
		return "null"
	}
	return t.String()
}

// selectedType is the type of the one leaf that a selection selects: nullable, since the context may be missing, and a
// list for each list on the way.
func selectedType(set FieldSet) (t *ast.Type, many bool) {
	if len(set) != 1 {
		return nil, true
	}
	sel := set[0]
	if sel.IsFragment() {
		return selectedType(sel.Selections)
	}
	if sel.Field == nil {
		return ast.NamedType("String", nil), false
	}
	if len(sel.Selections) == 0 {
		return nullable(sel.Field.Type), false
	}
	leaf, many := selectedType(sel.Selections)
	if leaf == nil {
		return nil, many
	}
	return listsAround(sel.Field.Type, leaf), many
}

func nullable(t *ast.Type) *ast.Type {
	copied := *t
	copied.NonNull = false
	return &copied
}

func listsAround(outer, leaf *ast.Type) *ast.Type {
	if outer.Elem == nil {
		return leaf
	}
	return ast.ListType(listsAround(outer.Elem, leaf), nil)
}
