package federation

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// usage is what a schema's federation directives say of its fields, computed once and dropped when the schema changes.
type usage struct {
	external  map[*ast.FieldDefinition]bool // marked, on the field or its type
	fake      map[*ast.FieldDefinition]bool // keys of extensions: marked, but resolved here for historical reasons
	provided  map[*ast.FieldDefinition]bool // in some @provides
	shareable map[*ast.FieldDefinition]bool
	used      map[*ast.FieldDefinition]bool // in a field set, or to satisfy an interface
}

// IsMarkedExternal reports whether the field, or its type, has @external, even where that has no effect.
func (s *Schema) IsMarkedExternal(f *ast.FieldDefinition) bool { return s.facts().external[f] }

// IsExternal reports whether the field is resolved by other subgraphs, except where a @provides says otherwise.
func (s *Schema) IsExternal(f *ast.FieldDefinition) bool {
	u := s.facts()
	return u.external[f] && !u.fake[f]
}

// IsFakeExternal reports whether the field is marked external but is a key of an extension, which does not count.
func (s *Schema) IsFakeExternal(f *ast.FieldDefinition) bool { return s.facts().fake[f] }

// IsPartiallyExternal reports whether the field is external but provided on some path.
func (s *Schema) IsPartiallyExternal(f *ast.FieldDefinition) bool {
	return s.IsExternal(f) && s.facts().provided[f]
}

// IsFullyExternal reports whether the field is external on every path.
func (s *Schema) IsFullyExternal(f *ast.FieldDefinition) bool {
	return s.IsExternal(f) && !s.facts().provided[f]
}

// IsShareable reports whether several subgraphs may resolve the field.
func (s *Schema) IsShareable(f *ast.FieldDefinition) bool {
	return s.facts().shareable[f]
}

// IsUsed reports whether a field set selects the field, or an interface needs it.
func (s *Schema) IsUsed(f *ast.FieldDefinition) bool { return s.facts().used[f] }

func (s *Schema) changed() { s.usage, s.interfaces, s.applied = nil, nil, nil }

func (s *Schema) facts() *usage {
	if s.usage == nil {
		s.usage = &usage{
			external: map[*ast.FieldDefinition]bool{}, fake: map[*ast.FieldDefinition]bool{},
			provided: map[*ast.FieldDefinition]bool{}, shareable: map[*ast.FieldDefinition]bool{},
			used: map[*ast.FieldDefinition]bool{},
		}
		for _, t := range s.UserTypes() {
			if t.Kind == ast.Object || t.Kind == ast.Interface {
				s.collectFacts(t, s.usage)
			}
		}
		s.collectContextUse(s.usage)
	}
	return s.usage
}

func (s *Schema) collectFacts(t *Type, u *usage) {
	s.collectExternal(t, u)
	s.collectKeyFacts(t, u)
	for _, f := range t.Fields {
		s.collectFieldFacts(t, f, u)
	}
	if t.Kind == ast.Interface {
		s.collectInterfaceUse(t, u)
	}
	s.collectShareable(t, u)
}

func (s *Schema) collectExternal(t *Type, u *usage) {
	onType := s.Has(External, t.Directives)
	for _, f := range t.Fields {
		if onType || s.Has(External, f.Directives) {
			u.external[f] = true
		}
	}
}

func (s *Schema) collectKeyFacts(t *Type, u *usage) {
	extends := s.Has(Extends, t.Directives)
	for _, d := range s.Applied(Key, t.Directives) {
		s.noteUse(t.Name, d, u)
	}
	for _, key := range s.Keys(t) {
		key.Fields.eachField(func(sel *FieldSelection) {
			u.shareable[sel.Field] = true
			if (key.OfExtension || extends) && s.Has(External, sel.Field.Directives) {
				u.fake[sel.Field] = true
			}
		})
	}
}

func (s *Schema) collectFieldFacts(t *Type, f *ast.FieldDefinition, u *usage) {
	for _, d := range s.Applied(Requires, f.Directives) {
		s.noteUse(t.Name, d, u)
	}
	for _, d := range s.Applied(Provides, f.Directives) {
		s.noteUse(f.Type.Name(), d, u)
	}
	if provides, ok := s.ProvidesOf(f); ok {
		s.eachImplementedField(provides, func(f *ast.FieldDefinition) {
			u.provided[f] = true
			if s.Has(External, f.Directives) {
				u.shareable[f] = true
			}
		})
		provides.eachField(func(sel *FieldSelection) { u.shareable[sel.Field] = true })
	}
}

// noteUse marks what a field set selects, up to the first field that does not exist, and where that is an interface's,
// what implements it.
func (s *Schema) noteUse(on string, d *ast.Directive, u *usage) {
	text, _ := StringArg(d, "fields")
	doc, err := parseQuery("{" + text + "}")
	if err != nil {
		return
	}
	for _, op := range doc.Operations {
		if !s.noteSelections(on, op.SelectionSet, u) {
			return
		}
	}
}

func (s *Schema) noteSelections(on string, set ast.SelectionSet, u *usage) bool {
	t := s.Types[on]
	if t == nil {
		return false
	}
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if !s.noteSelectedField(t, sel, u) {
				return false
			}
		case *ast.InlineFragment:
			condition := sel.TypeCondition
			if condition == "" {
				condition = on
			}
			if !s.noteSelections(condition, sel.SelectionSet, u) {
				return false
			}
		}
	}
	return true
}

func (s *Schema) noteSelectedField(t *Type, sel *ast.Field, u *usage) bool {
	if sel.Name == "__typename" {
		return true
	}
	f := t.Field(sel.Name)
	if f == nil {
		return false
	}
	s.noteField(t, f, u)
	return len(sel.SelectionSet) == 0 || s.noteSelections(f.Type.Name(), sel.SelectionSet, u)
}

func (s *Schema) noteField(t *Type, f *ast.FieldDefinition, u *usage) {
	u.used[f] = true
	if t.Kind != ast.Interface {
		return
	}
	for _, name := range s.PossibleTypes(t.Name) {
		if impl := s.Types[name].Field(f.Name); impl != nil {
			u.used[impl] = true
		}
	}
}

// collectInterfaceUse marks the fields that implement an interface's fields.
func (s *Schema) collectInterfaceUse(t *Type, u *usage) {
	for _, name := range s.PossibleTypes(t.Name) {
		for _, f := range t.Fields {
			if impl := s.Types[name].Field(f.Name); impl != nil {
				u.used[impl] = true
			}
		}
	}
}

// collectShareable marks fields with @shareable, and those in the same declaration as a @shareable on the type.
func (s *Schema) collectShareable(t *Type, u *usage) {
	for _, f := range t.Fields {
		if s.Has(Shareable, f.Directives) {
			u.shareable[f] = true
		}
	}
	for _, d := range s.Applied(Shareable, t.Directives) {
		for _, f := range t.Fields {
			if t.partOfField[f] == t.partOfDirective[d] {
				u.shareable[f] = true
			}
		}
	}
}

// eachField calls visit for every field of the set at any depth, but not for __typename.
func (fs FieldSet) eachField(visit func(*FieldSelection)) {
	for _, sel := range fs {
		if sel.Field != nil {
			visit(sel)
		}
		sel.Selections.eachField(visit)
	}
}

// eachImplementedField visits every field of the set, and where it is an interface's, what implements it.
func (s *Schema) eachImplementedField(set FieldSet, visit func(*ast.FieldDefinition)) {
	set.eachField(func(sel *FieldSelection) {
		visit(sel.Field)
		if parent := s.Types[sel.Parent]; parent != nil && parent.Kind == ast.Interface {
			for _, name := range s.PossibleTypes(sel.Parent) {
				if impl := s.Types[name].Field(sel.Name); impl != nil {
					visit(impl)
				}
			}
		}
	})
}
