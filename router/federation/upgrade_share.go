package federation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// dropUnusedExternals removes fields that are external and in no field set; federation 1 allowed them.
func (u *upgrader) dropUnusedExternals(s *Schema) {
	for _, t := range s.UserTypes() {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, f := range t.Fields {
			if s.IsExternal(f) && !s.IsUsed(f) {
				t.removeField(f.Name)
			}
		}
		if len(t.Fields) == 0 && !s.IsRoot(t.Name) {
			u.dropEmpty(s, t)
		}
	}
	s.changed()
}

// dropEmpty drops a type that nothing refers to.
func (u *upgrader) dropEmpty(s *Schema, t *Type) {
	if s.isReferenced(t.Name) {
		u.errs = append(u.errs, Errorf(ErrTypeWithOnlyUnusedExternal, s.Subgraph, t.Position, "Type %s contains only external fields and all "+
			"those fields are all unused (they do not appear in any @key, @provides or @requires).", t.Name))
		return
	}
	delete(s.Types, t.Name)
}

func (s *Schema) isReferenced(name string) bool {
	for _, t := range s.UserTypes() {
		if slices.Contains(t.Types, name) || slices.Contains(t.Interfaces, name) {
			return true
		}
		for _, f := range t.Fields {
			if f.Type.Name() == name {
				return true
			}
		}
	}
	return false
}

// addShareable marks what federation 1 let several subgraphs resolve: whole types that are no entities, and fields of
// entities that are no keys.
func (u *upgrader) addShareable(s *Schema) {
	for _, t := range s.UserTypes() {
		if t.Kind != ast.Object || t.Name == s.Roots[ast.Subscription] {
			continue
		}
		if s.IsEntity(t) || s.IsRoot(t.Name) {
			u.shareFields(s, t)
		} else if u.otherHas(s, t.Name) {
			for _, f := range t.Fields {
				if t.partOfField[f] == 0 {
					u.share(s, f)
				}
			}
		}
	}
	s.changed()
}

func (u *upgrader) shareFields(s *Schema, t *Type) {
	for _, f := range t.Fields {
		if !u.original[f] && u.otherResolves(s, t.Name, f.Name) {
			u.share(s, f)
		}
	}
}

func (u *upgrader) share(s *Schema, f *ast.FieldDefinition) {
	if s.IsExternal(f) || s.Has(Shareable, f.Directives) {
		return
	}
	f.Directives = append(f.Directives, &ast.Directive{Name: s.local[Shareable], Position: f.Position})
}

func (u *upgrader) otherHas(s *Schema, name string) bool {
	for _, other := range u.schemas {
		if t := other.Types[name]; other != s && t != nil && t.Kind == ast.Object {
			return true
		}
	}
	return false
}

func (u *upgrader) otherResolves(s *Schema, typeName, field string) bool {
	for _, other := range u.schemas {
		t := other.Types[typeName]
		if other == s || t == nil {
			continue
		}
		if f := t.Field(field); f != nil && !other.IsFullyExternal(f) {
			return true
		}
	}
	return false
}

func (u *upgrader) dropTagOnExternal(s *Schema) {
	for _, t := range s.UserTypes() {
		for _, f := range t.Fields {
			if s.IsExternal(f) && s.Has(Tag, f.Directives) {
				f.Directives = s.without(Tag, f.Directives)
			}
		}
	}
	s.Upgraded = true
	s.changed()
}
