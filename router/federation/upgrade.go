package federation

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Upgrade turns federation 1 schemas into federation 2 ones with the meaning that federation 1 gave them. It needs all
// subgraphs at once: what is shared shows only there. In each federation 1 schema it
//
//  1. joins lists in `fields` arguments into one field set;
//  2. drops @external where it had no meaning: on interface fields, on types, on the keys of type extensions;
//  3. drops @provides and @requires that select nothing external, and @key on interfaces;
//  4. drops external fields that nothing uses;
//  5. marks as @shareable what several subgraphs resolve;
//  6. drops @tag from fields that stay external.
//
// Federation 2 schemas stay as they are.
func Upgrade(schemas []*Schema) []*Error {
	u := &upgrader{schemas: schemas, original: map[*ast.FieldDefinition]bool{}}
	u.each(u.checkExtensions)
	u.each((*Schema).linkFederation2)
	u.each(u.noteShareable)
	u.each(u.dropInactive)
	u.each(u.addShareable)
	u.each(u.dropTagOnExternal)
	return u.errs
}

// each does a step to every federation 1 schema that has had no errors so far.
func (u *upgrader) each(step func(*Schema)) {
	for _, s := range u.schemas {
		failed := slices.ContainsFunc(u.errs, func(err *Error) bool { return err.Subgraph == s.Subgraph })
		if s.IsFederation1() && !failed {
			step(s)
		}
	}
}

type upgrader struct {
	schemas  []*Schema
	errs     []*Error
	original map[*ast.FieldDefinition]bool // fields that were keys before anything changed
}

// isExtension reports whether the schema only extends an object or interface type that another one defines.
func (s *Schema) isExtension(t *Type) bool {
	if t.Kind != ast.Object && t.Kind != ast.Interface {
		return false
	}
	return s.Has(Extends, t.Directives) || t.Extended && !t.Defined
}

// checkExtensions reports types that are extended here and defined nowhere.
func (u *upgrader) checkExtensions(s *Schema) {
	for _, t := range s.UserTypes() {
		if !s.isExtension(t) || s.IsRoot(t.Name) {
			continue
		}
		defined := slices.ContainsFunc(u.schemas, func(other *Schema) bool {
			o := other.Types[t.Name]
			return other != s && o != nil && o.Defined
		})
		if !defined {
			u.errs = append(u.errs, Errorf(ErrExtensionWithNoBase, s.Subgraph, t.Position,
				"Type %q is an extension type, but there is no type definition for %q in any subgraph.", t.Name, t.Name))
		}
	}
}

func (u *upgrader) noteShareable(s *Schema) {
	u.joinFieldLists(s)
	for _, t := range s.UserTypes() {
		for _, key := range s.Keys(t) {
			key.Fields.eachField(func(sel *FieldSelection) { u.original[sel.Field] = true })
		}
	}
}

// joinFieldLists turns `fields: ["a", "b"]` into `fields: "a b"`, and `fields: a` into `fields: "a"`.
func (u *upgrader) joinFieldLists(s *Schema) {
	for _, t := range s.UserTypes() {
		joinLists(s.Applied(Key, t.Directives))
		for _, f := range t.Fields {
			joinLists(s.Applied(Requires, f.Directives))
			joinLists(s.Applied(Provides, f.Directives))
		}
	}
	s.changed()
}

func joinLists(applied []*ast.Directive) {
	for _, d := range applied {
		arg := d.Arguments.ForName("fields")
		if arg == nil || arg.Value == nil {
			continue
		}
		if arg.Value.Kind == ast.EnumValue {
			arg.Value.Kind = ast.StringValue
		}
		if arg.Value.Kind != ast.ListValue {
			continue
		}
		texts := make([]string, len(arg.Value.Children))
		for i, c := range arg.Value.Children {
			texts[i] = c.Value.Raw
		}
		arg.Value = &ast.Value{Kind: ast.StringValue, Raw: strings.Join(texts, " "), Position: arg.Value.Position}
	}
}

// without removes the applications of a federation directive.
func (s *Schema) without(name DirectiveName, list ast.DirectiveList) ast.DirectiveList {
	local := s.local[name]
	return slices.DeleteFunc(slices.Clone(list), func(d *ast.Directive) bool { return d.Name == local })
}

func (u *upgrader) dropInactive(s *Schema) {
	for _, t := range s.UserTypes() {
		t.Directives = s.without(External, t.Directives)
		if t.Kind != ast.Interface {
			continue
		}
		t.Directives = s.without(Key, t.Directives)
		for _, f := range t.Fields {
			for _, name := range []DirectiveName{External, Requires, Provides} {
				f.Directives = s.without(name, f.Directives)
			}
		}
	}
	s.changed()
	u.dropExternalOnExtensions(s)
	u.dropInactiveFieldSets(s)
	u.endExtensions(s)
	u.dropUnusedExternals(s)
}

// dropExternalOnExtensions treats the keys of an extension as resolved by it: its own keys, or without any, the first key
// of another subgraph.
func (u *upgrader) dropExternalOnExtensions(s *Schema) {
	for _, t := range s.UserTypes() {
		if !s.isExtension(t) {
			continue
		}
		keys := s.Keys(t)
		for _, key := range keys {
			key.Fields.eachField(func(sel *FieldSelection) {
				sel.Field.Directives = s.without(External, sel.Field.Directives)
			})
		}
		if len(keys) == 0 {
			u.dropExternalOfForeignKey(s, t)
		}
	}
	s.changed()
}

func (u *upgrader) dropExternalOfForeignKey(s *Schema, t *Type) {
	for _, other := range u.schemas {
		o := other.Types[t.Name]
		if other == s || o == nil {
			continue
		}
		keys := other.Keys(o)
		if len(keys) == 0 {
			continue
		}
		for _, sel := range keys[0].Fields {
			if own := t.Field(sel.Name); own != nil {
				own.Directives = s.without(External, own.Directives)
			}
		}
	}
}

// dropInactiveFieldSets drops what does not select anything external, which federation 1 ignored.
func (u *upgrader) dropInactiveFieldSets(s *Schema) {
	for _, t := range s.UserTypes() {
		for _, f := range t.Fields {
			if set, ok := s.RequiresOf(t, f); ok {
				u.keepActive(s, f, Requires, set)
			}
			if !s.isComposite(f.Type.Name()) {
				f.Directives = s.without(Provides, f.Directives)
			} else if set, ok := s.ProvidesOf(f); ok {
				u.keepActive(s, f, Provides, set)
			}
		}
	}
	s.changed()
}

// keepActive narrows the field set of a directive to what is external, or drops the directive.
func (u *upgrader) keepActive(s *Schema, f *ast.FieldDefinition, name DirectiveName, set FieldSet) {
	active := s.activePart(set, false)
	if len(active) == 0 {
		f.Directives = s.without(name, f.Directives)
		return
	}
	if active.String() == set.String() {
		return
	}
	arg := s.Applied(name, f.Directives)[0].Arguments.ForName("fields")
	arg.Value = &ast.Value{Kind: ast.StringValue, Raw: active.String(), Position: arg.Value.Position}
}

// activePart leaves out the leaves that this subgraph resolves itself.
func (s *Schema) activePart(set FieldSet, below bool) FieldSet {
	var active FieldSet
	for _, sel := range set {
		external := below || sel.Field != nil && s.selectsExternal(sel)
		if len(sel.Selections) == 0 {
			if external || sel.Name == "__typename" && below {
				active = append(active, sel)
			}
			continue
		}
		if sub := s.activePart(sel.Selections, external); len(sub) > 0 {
			copied := *sel
			copied.Selections = sub
			active = append(active, &copied)
		}
	}
	return active
}

// selectsExternal reports whether a selected field, or what implements it, is external.
func (s *Schema) selectsExternal(sel *FieldSelection) bool {
	if s.IsExternal(sel.Field) {
		return true
	}
	parent := s.Types[sel.Parent]
	if parent == nil || parent.Kind != ast.Interface {
		return false
	}
	return slices.ContainsFunc(s.PossibleTypes(sel.Parent), func(name string) bool {
		f := s.Types[name].Field(sel.Name)
		return f != nil && s.IsExternal(f)
	})
}

// endExtensions makes definitions of all extensions, which federation 2 does not tell apart.
func (u *upgrader) endExtensions(s *Schema) {
	for _, t := range s.UserTypes() {
		if s.isExtension(t) {
			t.Defined, t.Extended = true, false
			clear(t.partOfDirective)
			clear(t.partOfField)
		}
	}
}

// linkFederation2 gives the names of federation 2 their meaning, where the schema has directives of these names.
func (s *Schema) linkFederation2() {
	for _, name := range []DirectiveName{Shareable, Inaccessible, Override, ComposeDirective, InterfaceObject} {
		s.local[name] = string(name)
	}
	s.changed()
}
