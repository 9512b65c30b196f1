package testsubgraph

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// schema is a subgraph's schema: definitions and extensions joined, nothing validated.
type schema struct {
	types map[string]*ast.Definition
	roots map[ast.Operation]string
	sdl   string
}

func parseSchema(sdl string) (*schema, error) {
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		return nil, fmt.Errorf("parsing the schema: %w", err)
	}
	s := &schema{
		types: map[string]*ast.Definition{}, sdl: sdl,
		roots: map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"},
	}
	for _, list := range []ast.DefinitionList{doc.Definitions, doc.Extensions} {
		for _, def := range list {
			s.add(def)
		}
	}
	for _, list := range []ast.SchemaDefinitionList{doc.Schema, doc.SchemaExtension} {
		for _, def := range list {
			for _, op := range def.OperationTypes {
				s.roots[op.Operation] = op.Type
			}
		}
	}
	return s, nil
}

func (s *schema) add(def *ast.Definition) {
	known, ok := s.types[def.Name]
	if !ok {
		clone := *def
		s.types[def.Name] = &clone
		return
	}
	known.Fields = append(slices.Clone(known.Fields), def.Fields...)
	known.Directives = append(slices.Clone(known.Directives), def.Directives...)
	known.Types = append(slices.Clone(known.Types), def.Types...)
	known.Interfaces = append(slices.Clone(known.Interfaces), def.Interfaces...)
	known.EnumValues = append(slices.Clone(known.EnumValues), def.EnumValues...)
}

func (s *schema) field(typename, name string) *ast.FieldDefinition {
	if def := s.types[typename]; def != nil {
		return def.Fields.ForName(name)
	}
	return nil
}

func (s *schema) isObject(typename string) bool {
	def := s.types[typename]
	return def != nil && def.Kind == ast.Object
}

// admits says that an object of type object matches a type condition (GraphQL specification, section 6.3.2,
// DoesFragmentTypeApply).
func (s *schema) admits(condition, object string) bool {
	if condition == "" || condition == object {
		return true
	}
	def := s.types[condition]
	switch {
	case def == nil:
		return false
	case def.Kind == ast.Union:
		return slices.Contains(def.Types, object)
	case def.Kind == ast.Interface:
		return s.types[object] != nil && slices.Contains(s.types[object].Interfaces, condition)
	default:
		return false
	}
}

// keys are the selections of a type's @key directives.
func (s *schema) keys(typename string) []ast.SelectionSet {
	return s.keysThat(typename, func(*ast.Directive) bool { return true })
}

// resolvableKeys are the selections of those keys that entities may be asked for by.
func (s *schema) resolvableKeys(typename string) []ast.SelectionSet {
	return s.keysThat(typename, func(d *ast.Directive) bool {
		arg := d.Arguments.ForName("resolvable")
		return arg == nil || arg.Value.Raw != "false"
	})
}

func (s *schema) keysThat(typename string, wanted func(*ast.Directive) bool) []ast.SelectionSet {
	var keys []ast.SelectionSet
	if def := s.types[typename]; def != nil {
		for _, d := range def.Directives {
			if isNamed(d.Name, "key") && wanted(d) {
				keys = append(keys, fieldSet(d))
			}
		}
	}
	return keys
}

// fieldSet is the selection set in a directive's argument "fields".
func fieldSet(d *ast.Directive) ast.SelectionSet {
	if d == nil {
		return nil
	}
	arg := d.Arguments.ForName("fields")
	if arg == nil {
		return nil
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + arg.Value.Raw + "}"})
	if err != nil || len(doc.Operations) != 1 {
		return nil
	}
	return doc.Operations[0].SelectionSet
}

func directive(list ast.DirectiveList, name string) *ast.Directive {
	for _, d := range list {
		if isNamed(d.Name, name) {
			return d
		}
	}
	return nil
}

// isNamed also knows a federation directive that is not imported.
func isNamed(directive, name string) bool {
	return directive == name || directive == "federation__"+name
}
