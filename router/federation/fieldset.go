package federation

import (
	"errors"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// maxFieldSetTokens bounds one field set.
const maxFieldSetTokens = 20_000

// FieldSet is a parsed selection of @key, @requires, @provides or @fromContext.
type FieldSet []*FieldSelection

// FieldSelection is a field (Field is set) or an inline fragment (Field is nil).
type FieldSelection struct {
	// Parent is the type that the field is selected on.
	Parent string

	// Field is the selected field's definition in the subgraph; nil for `__typename` and for fragments.
	Field *ast.FieldDefinition
	Name  string
	Alias string

	// Type is the named type of the field's value, or the type condition of a fragment.
	Type       string
	Arguments  ast.ArgumentList
	Directives ast.DirectiveList
	Selections FieldSet
}

// IsFragment reports whether the selection is an inline fragment.
func (f *FieldSelection) IsFragment() bool { return f.Name == "" }

// String prints the set as it is sent in a selection, without the outer braces.
func (fs FieldSet) String() string {
	parts := make([]string, len(fs))
	for i, sel := range fs {
		parts[i] = sel.String()
	}
	return strings.Join(parts, " ")
}

// String prints one selection.
func (f *FieldSelection) String() string {
	text := f.Name
	if f.IsFragment() {
		text = "..."
		if f.Type != f.Parent {
			text += " on " + f.Type
		}
	} else if f.Alias != "" && f.Alias != f.Name {
		text = f.Alias + ": " + f.Name
	}
	if len(f.Arguments) > 0 {
		args := make([]string, len(f.Arguments))
		for i, a := range f.Arguments {
			args[i] = a.Name + ": " + PrintValue(a.Value)
		}
		text += "(" + strings.Join(args, ", ") + ")"
	}
	if len(f.Selections) > 0 {
		text += " { " + f.Selections.String() + " }"
	}
	return text
}

// PrintValue prints a constant the way the supergraph SDL does.
func PrintValue(v *ast.Value) string {
	switch v.Kind {
	case ast.ListValue:
		items := make([]string, len(v.Children))
		for i, c := range v.Children {
			items[i] = PrintValue(c.Value)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case ast.ObjectValue:
		items := make([]string, len(v.Children))
		for i, c := range v.Children {
			items[i] = c.Name + ": " + PrintValue(c.Value)
		}
		return "{" + strings.Join(items, ", ") + "}"
	default:
		return v.String()
	}
}

// ParseFieldSet parses the text of a field set on a type of the schema.
func (s *Schema) ParseFieldSet(parent, text string) (FieldSet, error) {
	source := "{" + text + "}"
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		source = text
	}
	doc, err := parseQuery(source)
	if err != nil {
		return nil, err
	}
	if len(doc.Operations) != 1 || len(doc.Fragments) > 0 || len(doc.Operations[0].SelectionSet) == 0 {
		return nil, errors.New("Syntax Error: expected one selection set")
	}
	return s.resolveSelections(parent, doc.Operations[0].SelectionSet)
}

func parseQuery(source string) (doc *ast.QueryDocument, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("Syntax Error: the field set cannot be parsed")
		}
	}()
	doc, err = parser.ParseQueryWithTokenLimit(&ast.Source{Input: source}, maxFieldSetTokens)
	var located *gqlerror.Error
	if errors.As(err, &located) {
		return nil, errors.New("Syntax Error: " + located.Message)
	}
	return doc, err
}

func (s *Schema) resolveSelections(parent string, set ast.SelectionSet) (FieldSet, error) {
	var out FieldSet
	for _, sel := range set {
		resolved, err := s.resolveSelection(parent, sel)
		if err != nil {
			return nil, err
		}
		out = append(out, resolved)
	}
	return out, nil
}

func (s *Schema) resolveSelection(parent string, sel ast.Selection) (*FieldSelection, error) {
	switch sel := sel.(type) {
	case *ast.Field:
		return s.resolveField(parent, sel)
	case *ast.InlineFragment:
		return s.resolveFragment(parent, sel)
	default:
		return nil, errors.New("Cannot use a fragment spread in a field set")
	}
}

func (s *Schema) resolveField(parent string, sel *ast.Field) (*FieldSelection, error) {
	out := &FieldSelection{Parent: parent, Name: sel.Name, Alias: sel.Alias, Arguments: sel.Arguments, Directives: sel.Directives}
	if sel.Alias != "" && sel.Alias != sel.Name {
		return nil, fieldSetError("Cannot use alias %q in %q: aliases are not currently supported in the used directive", sel.Alias, sel.Alias+": "+sel.Name)
	}
	if sel.Name == "__typename" {
		out.Type = "String"
		return out, nil
	}
	t := s.Types[parent]
	if t == nil || t.Kind == ast.Union || t.Field(sel.Name) == nil {
		return nil, &unknownFieldError{field: sel.Name, parent: parent}
	}
	out.Field = t.Field(sel.Name)
	out.Type = out.Field.Type.Name()
	if err := s.checkArguments(parent, sel, out.Field); err != nil {
		return nil, err
	}
	return out, s.resolveSub(out, sel)
}

func (s *Schema) resolveSub(out *FieldSelection, sel *ast.Field) error {
	composite := s.isComposite(out.Type)
	if !composite && len(sel.SelectionSet) > 0 {
		return fieldSetError("Cannot query a sub-selection on field %q of leaf type %s", out.Parent+"."+out.Name, out.Type)
	}
	if composite && len(sel.SelectionSet) == 0 {
		return fieldSetError("Invalid empty selection set for field %q of non-leaf type %s", out.Parent+"."+out.Name, out.Field.Type)
	}
	var err error
	out.Selections, err = s.resolveSelections(out.Type, sel.SelectionSet)
	return err
}

func (s *Schema) checkArguments(parent string, sel *ast.Field, def *ast.FieldDefinition) error {
	for _, arg := range sel.Arguments {
		want := def.Arguments.ForName(arg.Name)
		if want == nil {
			return fieldSetError("Unknown argument %q found in field set for %q", arg.Name, parent+"."+sel.Name)
		}
		if !s.validValue(arg.Value, want.Type, 0) {
			return fieldSetError("Invalid value for argument %q of field %q", arg.Name, parent+"."+sel.Name)
		}
	}
	for _, want := range def.Arguments {
		if want.Type.NonNull && want.DefaultValue == nil && sel.Arguments.ForName(want.Name) == nil {
			return fieldSetError("Missing mandatory value for argument %q of field %q", want.Name, parent+"."+sel.Name)
		}
	}
	return nil
}

func (s *Schema) resolveFragment(parent string, sel *ast.InlineFragment) (*FieldSelection, error) {
	condition := sel.TypeCondition
	if condition == "" {
		condition = parent
	}
	if !s.isComposite(condition) {
		return nil, fieldSetError("Unknown type %q in the type condition of a fragment", condition)
	}
	if !s.overlaps(parent, condition) {
		return nil, fieldSetError("Invalid fragment condition: type %q cannot be a %q", parent, condition)
	}
	selections, err := s.resolveSelections(condition, sel.SelectionSet)
	if err != nil {
		return nil, err
	}
	return &FieldSelection{Parent: parent, Type: condition, Directives: sel.Directives, Selections: selections}, nil
}

func (s *Schema) overlaps(a, b string) bool {
	others := s.PossibleTypes(b)
	return a == b || slices.ContainsFunc(s.PossibleTypes(a), func(t string) bool { return slices.Contains(others, t) })
}
