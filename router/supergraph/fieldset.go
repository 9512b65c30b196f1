package supergraph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// FieldSet is a parsed field set (the argument of @key, @requires or @provides) with its fragments resolved to the
// runtime types they admit.
type FieldSet []*SetField

// SetField is one field of a field set.
type SetField struct {
	Name      string
	Arguments ast.ArgumentList

	// ArgumentsKey is a canonical rendering of Arguments, "" without any.
	ArgumentsKey string

	// Types are the runtime types of the enclosing object for which the field is meant; nil means all.
	Types TypeSet

	Sub FieldSet
}

// FieldSetOf reads a selection that is written against a type, with braces around it or without.
func (s *Schema) FieldSetOf(typename, selection string) (FieldSet, error) {
	selection = strings.TrimSpace(selection)
	if strings.HasPrefix(selection, "{") && strings.HasSuffix(selection, "}") {
		selection = selection[1 : len(selection)-1]
	}
	return s.parseFieldSet(typename, selection)
}

// parseFieldSet reads a field set that is written against a type.
func (s *Schema) parseFieldSet(typename, text string) (FieldSet, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + text + "}"})
	if err != nil {
		return nil, fmt.Errorf("parse field set %q of %s: %w", text, typename, err)
	}
	if len(doc.Operations) != 1 {
		return nil, fmt.Errorf("parse field set %q of %s: not a selection set", text, typename)
	}
	return s.convertFieldSet(typename, doc.Operations[0].SelectionSet, nil)
}

func (s *Schema) convertFieldSet(typename string, selections ast.SelectionSet, types TypeSet) (FieldSet, error) {
	var set FieldSet
	for _, selection := range selections {
		switch selection := selection.(type) {
		case *ast.Field:
			field, err := s.convertSetField(typename, selection, types)
			if err != nil {
				return nil, err
			}
			set = append(set, field)
		case *ast.InlineFragment:
			sub, err := s.convertSetFragment(typename, selection, types)
			if err != nil {
				return nil, err
			}
			set = append(set, sub...)
		default:
			return nil, fmt.Errorf("field set on %s: fragment spreads are not allowed", typename)
		}
	}
	return set, nil
}

func (s *Schema) convertSetField(typename string, field *ast.Field, types TypeSet) (*SetField, error) {
	set := &SetField{Name: field.Name, Arguments: field.Arguments, ArgumentsKey: ArgumentsKey(field.Arguments), Types: types}
	if len(field.SelectionSet) == 0 {
		return set, nil
	}
	def := s.Field(typename, field.Name)
	if def == nil {
		return nil, fmt.Errorf("field set on %s: there is no field %s", typename, field.Name)
	}
	sub, err := s.convertFieldSet(def.Type.Name(), field.SelectionSet, nil)
	set.Sub = sub
	return set, err
}

func (s *Schema) convertSetFragment(typename string, fragment *ast.InlineFragment, types TypeSet) (FieldSet, error) {
	if fragment.TypeCondition == "" || fragment.TypeCondition == typename {
		return s.convertFieldSet(typename, fragment.SelectionSet, types)
	}
	admitted := s.possible[fragment.TypeCondition]
	if types != nil {
		admitted = admitted.And(types)
	}
	return s.convertFieldSet(fragment.TypeCondition, fragment.SelectionSet, admitted)
}

// ArgumentsKey renders arguments so that two lists with the same meaning have the same text: sorted by name, input
// object fields sorted too.
func ArgumentsKey(arguments ast.ArgumentList) string {
	if len(arguments) == 0 {
		return ""
	}
	parts := make([]string, len(arguments))
	for i, argument := range arguments {
		parts[i] = argument.Name + ":" + valueKey(argument.Value)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func valueKey(value *ast.Value) string {
	switch value.Kind {
	case ast.ListValue:
		parts := make([]string, len(value.Children))
		for i, child := range value.Children {
			parts[i] = valueKey(child.Value)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case ast.ObjectValue:
		parts := make([]string, len(value.Children))
		for i, child := range value.Children {
			parts[i] = child.Name + ":" + valueKey(child.Value)
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case ast.BlockValue:
		return fmt.Sprintf("%q", value.Raw)
	default:
		return value.String()
	}
}
