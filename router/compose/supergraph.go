package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// supergraph is the merged schema, the join specification's directives included.
type supergraph struct {
	description string
	directives  ast.DirectiveList // on the schema, links first
	types       map[string]*ast.Definition
	order       []string
	definitions map[string]*ast.DirectiveDefinition
	roots       map[ast.Operation]string

	fields map[string]map[string]*ast.FieldDefinition

	// machinery names types and ("@"-prefixed) directives that stand outside the API.
	machinery map[string]bool

	implementersOf map[string][]string
}

func newSupergraph() *supergraph {
	return &supergraph{
		types:       map[string]*ast.Definition{},
		definitions: map[string]*ast.DirectiveDefinition{},
		roots:       map[ast.Operation]string{},
		fields:      map[string]map[string]*ast.FieldDefinition{},
		machinery:   map[string]bool{},
	}
}

func (s *supergraph) addType(def *ast.Definition) {
	if s.types[def.Name] == nil {
		s.order = append(s.order, def.Name)
	}
	s.types[def.Name] = def
}

func (s *supergraph) addField(t *ast.Definition, f *ast.FieldDefinition) {
	if s.fields[t.Name] == nil {
		s.fields[t.Name] = map[string]*ast.FieldDefinition{}
	}
	s.fields[t.Name][f.Name] = f
	t.Fields = append(t.Fields, f)
}

func (s *supergraph) field(typeName, name string) *ast.FieldDefinition {
	return s.fields[typeName][name]
}

// apiTypes are the types that are not machinery, in the order of merging.
func (s *supergraph) apiTypes() []*ast.Definition {
	var types []*ast.Definition
	for _, name := range s.order {
		if !s.machinery[name] {
			types = append(types, s.types[name])
		}
	}
	return types
}

// possibleTypes are the object types that a value of the named type may have.
func (s *supergraph) possibleTypes(name string) []string {
	t := s.types[name]
	switch {
	case t == nil:
		return nil
	case t.Kind == ast.Union:
		return t.Types
	case t.Kind == ast.Interface:
		return s.implementers(name)
	}
	return []string{name}
}

// implementers are the object types that implement the interface; call it only after implements were merged.
func (s *supergraph) implementers(itf string) []string {
	if s.implementersOf == nil {
		s.implementersOf = map[string][]string{}
		for _, name := range s.order {
			if t := s.types[name]; t.Kind == ast.Object {
				for _, i := range t.Interfaces {
					s.implementersOf[i] = append(s.implementersOf[i], name)
				}
			}
		}
	}
	return s.implementersOf[itf]
}

// isSubtype reports whether every value of one named type is one of the other.
func (s *supergraph) isNamedSubtype(sub, super string) bool {
	if sub == super {
		return true
	}
	a, b := s.types[sub], s.types[super]
	if a == nil || b == nil {
		return false
	}
	if b.Kind == ast.Union {
		return slices.Contains(b.Types, sub)
	}
	return b.Kind == ast.Interface && slices.Contains(a.Interfaces, super)
}

// isStrictSubtype reports whether sub may stand where super is expected although they differ.
func (s *supergraph) isStrictSubtype(sub, super *ast.Type) bool {
	return sub.String() != super.String() && s.isSubtype(sub, super)
}

func (s *supergraph) isSubtype(sub, super *ast.Type) bool {
	if super.NonNull && !sub.NonNull {
		return false
	}
	if super.Elem != nil || sub.Elem != nil {
		return super.Elem != nil && sub.Elem != nil && s.isSubtype(sub.Elem, super.Elem)
	}
	return s.isNamedSubtype(sub.NamedType, super.NamedType)
}
