package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// checkInaccessible checks that hiding what is @inaccessible leaves a valid API (inaccessible specification 0.2).
func (m *merger) checkInaccessible() {
	if m.core.local[federation.Inaccessible] == "" {
		return
	}
	m.checkDisallowedInaccessible()
	for _, def := range m.out.apiTypes() {
		if m.isInaccessible(def.Directives) {
			if def.Name == m.out.roots[ast.Query] {
				m.failOn(def.Name, federation.ErrQueryRootTypeInaccessible,
					"Type %q is @inaccessible but is the root query type, which must be in the API schema.", def.Name)
			}
			continue
		}
		m.checkChildren(def)
		for _, f := range def.Fields {
			m.checkHiddenField(def, f)
		}
	}
	for _, name := range sortedNames(m.out.definitions) {
		d := m.out.definitions[name]
		if !m.out.machinery["@"+name] {
			m.checkHiddenArguments("@"+name, d.Arguments)
		}
	}
}

// checkChildren reports a visible type of which nothing is visible.
func (m *merger) checkChildren(def *ast.Definition) {
	var what string
	hidden, all := 0, 0
	count := func(word string, isHidden bool) {
		what = word
		all++
		if isHidden {
			hidden++
		}
	}
	for _, f := range def.Fields {
		count("fields", m.isInaccessible(f.Directives))
	}
	for _, v := range def.EnumValues {
		count("values", m.isInaccessible(v.Directives))
	}
	for _, member := range def.Types {
		count("members", m.isHiddenType(member))
	}
	if all > 0 && all == hidden {
		m.failOn(def.Name, federation.ErrOnlyInaccessibleChildren, "Type %q is in the API schema but all of its %s are @inaccessible.", def.Name, what)
	}
}

func (m *merger) checkHiddenField(def *ast.Definition, f *ast.FieldDefinition) {
	coordinate := def.Name + "." + f.Name
	if m.isInaccessible(f.Directives) {
		m.checkHiddenImplementation(def, f)
		if def.Kind == ast.InputObject && f.Type.NonNull && f.DefaultValue == nil {
			m.failOn(coordinate, federation.ErrRequiredInaccessible, "Input field %q is @inaccessible but is a required input field of its type.", coordinate)
		}
		return
	}
	m.checkReference(f.Type, coordinate)
	if def.Kind == ast.InputObject {
		m.checkDefault(f.DefaultValue, f.Type, coordinate)
	}
	m.checkHiddenArguments(coordinate, f.Arguments)
	m.checkHiddenImplementedArguments(def, f)
}

func (m *merger) checkReference(t *ast.Type, coordinate string) {
	if m.isHiddenType(t.Name()) {
		m.failOn(coordinate, federation.ErrReferencedInaccessible, "Type %q is @inaccessible but is referenced by %q, which is in the API schema.", t.Name(), coordinate)
	}
}

func (m *merger) checkHiddenArguments(of string, args ast.ArgumentDefinitionList) {
	for _, a := range args {
		coordinate := of + "(" + a.Name + ":)"
		if !m.isInaccessible(a.Directives) {
			m.checkReference(a.Type, coordinate)
			m.checkDefault(a.DefaultValue, a.Type, coordinate)
		} else if a.Type.NonNull && a.DefaultValue == nil {
			m.failOn(coordinate, federation.ErrRequiredInaccessible, "Argument %q is @inaccessible but is a required argument of its field.", coordinate)
		}
	}
}

// checkHiddenImplementation reports a hidden field that a visible interface promises.
func (m *merger) checkHiddenImplementation(def *ast.Definition, f *ast.FieldDefinition) {
	for _, name := range def.Interfaces {
		promised := m.out.field(name, f.Name)
		if promised == nil || m.isHiddenType(name) || m.isInaccessible(promised.Directives) {
			continue
		}
		m.failOn(def.Name+"."+f.Name, federation.ErrImplementedByInaccessible,
			"Field %q is @inaccessible but implements the interface field %q, which is in the API schema.",
			def.Name+"."+f.Name, name+"."+f.Name)
	}
}

func (m *merger) checkHiddenImplementedArguments(def *ast.Definition, f *ast.FieldDefinition) {
	for _, a := range f.Arguments {
		if !m.isInaccessible(a.Directives) {
			continue
		}
		for _, name := range def.Interfaces {
			promised := m.out.field(name, f.Name)
			if promised == nil || m.isHiddenType(name) || m.isInaccessible(promised.Directives) {
				continue
			}
			if arg := promised.Arguments.ForName(a.Name); arg != nil && !m.isInaccessible(arg.Directives) {
				m.failOn(def.Name+"."+f.Name, federation.ErrImplementedByInaccessible,
					"Argument %q is @inaccessible but implements the interface argument %q which is in the API schema.",
					def.Name+"."+f.Name+"("+a.Name+":)", name+"."+f.Name+"("+a.Name+":)")
			}
		}
	}
}

// checkDefault reports a visible default value that uses something hidden.
func (m *merger) checkDefault(v *ast.Value, t *ast.Type, coordinate string) {
	if v == nil {
		return
	}
	def := m.out.types[t.Name()]
	switch {
	case v.Kind == ast.ListValue:
		elem := t
		if t.Elem != nil {
			elem = t.Elem
		}
		for _, c := range v.Children {
			m.checkDefault(c.Value, elem, coordinate)
		}
	case def == nil:
	case def.Kind == ast.Enum:
		if value := def.EnumValues.ForName(v.Raw); value != nil && m.isInaccessible(value.Directives) {
			m.failOn(coordinate, federation.ErrDefaultValueUsesInaccessible, "Enum value %q is @inaccessible but is used in the default value of %q, "+
				"which is in the API schema.", def.Name+"."+v.Raw, coordinate)
		}
	case def.Kind == ast.InputObject:
		for _, c := range v.Children {
			m.checkDefaultField(def, c, coordinate)
		}
	}
}

func (m *merger) checkDefaultField(def *ast.Definition, c *ast.ChildValue, coordinate string) {
	f := m.out.field(def.Name, c.Name)
	if f == nil {
		return
	}
	if m.isInaccessible(f.Directives) {
		m.failOn(coordinate, federation.ErrDefaultValueUsesInaccessible, "Input field %q is @inaccessible but is used in the default value of %q, "+
			"which is in the API schema.", def.Name+"."+c.Name, coordinate)
		return
	}
	m.checkDefault(c.Value, f.Type, coordinate)
}

// checkDisallowedInaccessible reports @inaccessible on arguments of directives that are no part of the API.
func (m *merger) checkDisallowedInaccessible() {
	for _, name := range sortedNames(m.out.definitions) {
		d := m.out.definitions[name]
		if !m.out.machinery["@"+name] {
			continue
		}
		for _, a := range d.Arguments {
			if m.isInaccessible(a.Directives) {
				m.failOn("@"+name, federation.ErrDisallowedInaccessible, "Core feature argument \"@%s(%s:)\" cannot use @inaccessible.", name, a.Name)
			}
		}
	}
}
