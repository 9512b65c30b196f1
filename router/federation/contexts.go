package federation

import (
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// ContextUse is one argument that takes its value from a context.
type ContextUse struct {
	Argument *ast.ArgumentDefinition

	// Context is the context's name, "" when the directive names none; Text is the selection as written after it.
	Context string
	Text    string

	// ByType is the selection on each type of the schema that sets the context, as far as it is valid.
	ByType map[string]FieldSet
}

// Selections are the selections on all types, in the order of the types' names.
func (c ContextUse) Selections() FieldSet {
	names := make([]string, 0, len(c.ByType))
	for name := range c.ByType {
		names = append(names, name)
	}
	slices.Sort(names)
	var all FieldSet
	for _, name := range names {
		all = append(all, c.ByType[name]...)
	}
	return all
}

var contextReference = regexp.MustCompile(`(?s)^\s*\$([A-Za-z0-9_]+)(\s*\S.*)$`)

// ContextsOf are the arguments of a field with @fromContext.
func (s *Schema) ContextsOf(f *ast.FieldDefinition) []ContextUse {
	if s.local[FromContext] == "" {
		return nil
	}
	var uses []ContextUse
	for _, a := range f.Arguments {
		applied := s.Applied(FromContext, a.Directives)
		if len(applied) == 0 {
			continue
		}
		use := ContextUse{Argument: a, ByType: map[string]FieldSet{}}
		field, _ := StringArg(applied[0], "field")
		if m := contextReference.FindStringSubmatch(field); m != nil {
			use.Context, use.Text = m[1], m[2]
			s.resolveContext(&use)
		}
		uses = append(uses, use)
	}
	return uses
}

// resolveContext parses a selection on every type that sets the context.
func (s *Schema) resolveContext(use *ContextUse) {
	for _, t := range s.ContextTypes(use.Context) {
		if set, problem := s.contextSelection(t, use.Text); problem == "" {
			use.ByType[t.Name] = set
		}
	}
}

// ContextTypes are the types that set a context.
func (s *Schema) ContextTypes(name string) []*Type {
	var types []*Type
	for _, t := range s.UserTypes() {
		if slices.Contains(s.ContextNames(t), name) {
			types = append(types, t)
		}
	}
	return types
}

// ContextNames are the contexts that a type sets.
func (s *Schema) ContextNames(t *Type) []string {
	var names []string
	for _, d := range s.Applied(Context, t.Directives) {
		if name, ok := StringArg(d, "name"); ok {
			names = append(names, name)
		}
	}
	return names
}

// contextSelection parses a selection on one of the types that set its context. Fragments at the top choose by type.
func (s *Schema) contextSelection(t *Type, text string) (set FieldSet, problem string) {
	if !strings.HasPrefix(strings.TrimSpace(text), "...") {
		set, err := s.ParseFieldSet(t.Name, text)
		return set, contextProblem(t, err)
	}
	doc, err := parseQuery("{" + text + "}")
	if err != nil {
		return nil, contextProblem(t, err)
	}
	for _, sel := range doc.Operations[0].SelectionSet {
		fragment, ok := sel.(*ast.InlineFragment)
		if !ok || !s.contextApplies(t, fragment.TypeCondition) {
			continue
		}
		set, err := s.resolveSelections(fragment.TypeCondition, fragment.SelectionSet)
		return set, contextProblem(t, err)
	}
	return nil, "no type condition matches the location " + `"` + t.Name + `"`
}

func contextProblem(t *Type, err error) string {
	if err == nil {
		return ""
	}
	return "for type " + t.Name + ". Error: " + err.Error() + "."
}

func (s *Schema) contextApplies(t *Type, condition string) bool {
	return condition == t.Name || s.isNamedSubtype(t.Name, condition)
}

// collectContextUse marks the fields that a @fromContext selects.
func (s *Schema) collectContextUse(u *usage) {
	if s.local[FromContext] == "" {
		return
	}
	s.eachFieldDefinition(func(_ *Type, f *ast.FieldDefinition) {
		for _, use := range s.ContextsOf(f) {
			use.Selections().eachField(func(sel *FieldSelection) { u.used[sel.Field] = true })
		}
	})
}
