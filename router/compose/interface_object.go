package compose

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// resolvedByInterfaceObject reports whether graph i, which lacks the field's type or the field, resolves the field for an
// interface of the type through an @interfaceObject.
func (fm *fieldMerge) resolvedByInterfaceObject(i int) bool {
	for _, r := range fm.interfaceObjectResolvers(i) {
		if !fm.graphs[i].isExternal(r.field) {
			return true
		}
	}
	return false
}

func (fm *fieldMerge) interfaceObjectResolvers(i int) []resolver {
	if fm.parent.Kind != ast.Object || fm.types[i] != nil {
		return nil
	}
	g := fm.graphs[i]
	var found []resolver
	for _, name := range fm.parent.Interfaces {
		t := g.Types[name]
		if t == nil || !g.isInterfaceObject(t) {
			continue
		}
		if f := t.Field(fm.name); f != nil {
			found = append(found, resolver{index: i, field: f, via: name})
		}
	}
	return found
}

// completeImplementations gives the implementers of an interface the fields that only interface objects resolve. Their
// @join__field names no graph: the fields are reached through the interface.
func (m *merger) completeImplementations() {
	for _, def := range m.out.apiTypes() {
		if def.Kind != ast.Object {
			continue
		}
		for _, itf := range def.Interfaces {
			if m.hasInterfaceObject(itf) {
				m.completeFrom(def, m.out.types[itf])
			}
		}
	}
}

func (m *merger) hasInterfaceObject(name string) bool {
	for _, g := range m.graphs {
		if t := g.Types[name]; t != nil && g.isInterfaceObject(t) {
			return true
		}
	}
	return false
}

func (m *merger) completeFrom(def, itf *ast.Definition) {
	for _, f := range itf.Fields {
		if m.out.field(def.Name, f.Name) != nil || !m.interfaceObjectHas(itf.Name, f.Name) {
			continue
		}
		copied := &ast.FieldDefinition{
			Name: f.Name, Description: f.Description, Arguments: f.Arguments, Type: f.Type,
			Directives: ast.DirectiveList{directive("join__field")},
		}
		for _, d := range f.Directives {
			if d.Name != "join__field" {
				copied.Directives = append(copied.Directives, d)
			}
		}
		m.out.addField(def, copied)
	}
}

func (m *merger) interfaceObjectHas(name, field string) bool {
	for _, g := range m.graphs {
		if t := g.Types[name]; t != nil && g.isInterfaceObject(t) && t.Field(field) != nil {
			return true
		}
	}
	return false
}
