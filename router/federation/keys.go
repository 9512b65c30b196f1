package federation

import "github.com/vektah/gqlparser/v2/ast"

// KeyOf is one @key of a type.
type KeyOf struct {
	Directive   *ast.Directive
	Text        string // as written
	Fields      FieldSet
	Resolvable  bool
	OfExtension bool
}

// Keys are the type's keys whose field sets are valid, in order.
func (s *Schema) Keys(t *Type) []KeyOf {
	var keys []KeyOf
	for _, d := range s.Applied(Key, t.Directives) {
		text, ok := StringArg(d, "fields")
		if !ok {
			continue
		}
		set, err := s.ParseFieldSet(t.Name, text)
		if err != nil {
			continue
		}
		keys = append(keys, KeyOf{
			Directive: d, Text: text, Fields: set,
			Resolvable:  BoolArg(d, "resolvable", true),
			OfExtension: t.OfExtension(d),
		})
	}
	return keys
}

// IsEntity reports whether the type has a key.
func (s *Schema) IsEntity(t *Type) bool { return s.Has(Key, t.Directives) }

// RequiresOf is the field set that a field of t requires; ok is false when it has no valid @requires.
func (s *Schema) RequiresOf(t *Type, f *ast.FieldDefinition) (FieldSet, bool) {
	return s.fieldSetOf(Requires, t.Name, f)
}

// ProvidesOf is the field set that a field provides on its type.
func (s *Schema) ProvidesOf(f *ast.FieldDefinition) (FieldSet, bool) {
	return s.fieldSetOf(Provides, f.Type.Name(), f)
}

func (s *Schema) fieldSetOf(name DirectiveName, on string, f *ast.FieldDefinition) (FieldSet, bool) {
	applied := s.Applied(name, f.Directives)
	if len(applied) == 0 {
		return nil, false
	}
	text, ok := StringArg(applied[0], "fields")
	if !ok {
		return nil, false
	}
	set, err := s.ParseFieldSet(on, text)
	return set, err == nil
}
