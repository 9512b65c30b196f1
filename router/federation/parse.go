package federation

import (
	"errors"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// maxTokens bounds the size of one subgraph's SDL.
const maxTokens = 5_000_000

// Parse reads the SDL of a subgraph:
//
//  1. parse the document, join definitions with their extensions;
//  2. give root operation types their default names;
//  3. resolve the links, put in the definitions of the specifications linked;
//  4. check that the whole is valid GraphQL.
//
// With errors the schema is nil.
func Parse(subgraph, sdl string) (*Schema, []*Error) {
	doc, err := parseDocument(subgraph, sdl)
	if err != nil {
		return nil, []*Error{err}
	}
	if errs := duplicateTypes(subgraph, doc); len(errs) > 0 {
		return nil, errs
	}
	s, joinErrs := join(subgraph, doc)
	if errs := s.resolveLinks(); len(errs) > 0 {
		return nil, errs
	}
	if len(joinErrs) > 0 {
		return nil, joinErrs
	}
	if errs := s.addDefinitions(); len(errs) > 0 {
		return nil, errs
	}
	if errs := s.validateGraphQL(); len(errs) > 0 {
		return nil, errs
	}
	s.rootErrors = s.renameRoots()
	if s.IsFederation1() && len(s.rootErrors) > 0 {
		return nil, s.rootErrors
	}
	return s, nil
}

// parseDocument parses, turning the parser's errors and panics into an Error.
func parseDocument(subgraph, sdl string) (doc *ast.SchemaDocument, failed *Error) {
	if !utf8.ValidString(sdl) {
		return nil, Errorf(ErrInvalidGraphQL, subgraph, nil, "Syntax Error: the schema is not valid UTF-8")
	}
	defer func() {
		if r := recover(); r != nil {
			failed = Errorf(ErrInvalidGraphQL, subgraph, nil, "Syntax Error: the schema cannot be parsed: %v", r)
		}
	}()
	doc, err := parser.ParseSchemaWithLimit(&ast.Source{Name: subgraph, Input: sdl}, maxTokens)
	if err != nil {
		return nil, syntaxError(subgraph, err)
	}
	return doc, nil
}

func syntaxError(subgraph string, err error) *Error {
	failed := Errorf(ErrInvalidGraphQL, subgraph, nil, "Syntax Error: %s", err)
	var located *gqlerror.Error
	if errors.As(err, &located) {
		failed.Message = "Syntax Error: " + located.Message
		if len(located.Locations) > 0 {
			failed.Line, failed.Column = located.Locations[0].Line, located.Locations[0].Column
		}
	}
	return failed
}

func duplicateTypes(subgraph string, doc *ast.SchemaDocument) []*Error {
	var errs []*Error
	seen := map[string]bool{}
	for _, def := range doc.Definitions {
		if seen[def.Name] {
			errs = append(errs, Errorf(ErrInvalidGraphQL, subgraph, def.Position, "There can be only one type named %q.", def.Name))
		}
		seen[def.Name] = true
	}
	return errs
}

// joiner collects a document's definitions and extensions.
type joiner struct {
	*Schema
	errs  []*Error
	parts map[string]int
}

func join(subgraph string, doc *ast.SchemaDocument) (*Schema, []*Error) {
	j := &joiner{parts: map[string]int{}, Schema: &Schema{
		Subgraph:             subgraph,
		Types:                map[string]*Type{},
		DirectiveDefinitions: map[string]*ast.DirectiveDefinition{},
		Roots:                map[ast.Operation]string{},
		local:                map[DirectiveName]string{},
		internal:             map[string]bool{},
	}}
	for _, def := range doc.Definitions {
		j.define(def)
	}
	for _, ext := range doc.Extensions {
		j.extend(ext)
	}
	for _, def := range doc.Directives {
		j.defineDirective(def)
	}
	j.joinSchema(doc)
	return j.Schema, j.errs
}

func (j *joiner) fail(pos *ast.Position, format string, args ...any) {
	j.errs = append(j.errs, Errorf(ErrInvalidGraphQL, j.Subgraph, pos, format, args...))
}

func (j *joiner) define(def *ast.Definition) {
	t := newType(&ast.Definition{Kind: def.Kind, Name: def.Name, Description: def.Description, Position: def.Position})
	j.Types[def.Name] = t
	j.Order = append(j.Order, def.Name)
	t.Defined = true
	j.add(t, def)
}

func (j *joiner) extend(ext *ast.Definition) {
	t := j.Types[ext.Name]
	if t == nil {
		t = newType(&ast.Definition{Kind: ext.Kind, Name: ext.Name, Position: ext.Position})
		j.Types[ext.Name] = t
		j.Order = append(j.Order, ext.Name)
	}
	if t.Kind != ext.Kind {
		j.fail(ext.Position, "Cannot extend type %q: it is defined as another kind of type.", ext.Name)
		return
	}
	t.Extended = true
	j.parts[ext.Name]++
	j.add(t, ext)
}

func (j *joiner) add(t *Type, from *ast.Definition) {
	part := j.parts[from.Name]
	for _, d := range from.Directives {
		t.partOfDirective[d] = part
		t.Directives = append(t.Directives, d)
	}
	t.Interfaces = append(t.Interfaces, from.Interfaces...)
	for _, f := range from.Fields {
		if t.fields[f.Name] != nil && f.Name != "_service" && f.Name != "_entities" {
			j.fail(f.Position, "Field \"%s.%s\" can only be defined once.", t.Name, f.Name)
			continue
		}
		t.fields[f.Name] = f
		t.partOfField[f] = part
		t.Fields = append(t.Fields, f)
	}
	t.Types = append(t.Types, from.Types...)
	for _, v := range from.EnumValues {
		if t.EnumValues.ForName(v.Name) != nil {
			j.fail(v.Position, "Enum value \"%s.%s\" can only be defined once.", t.Name, v.Name)
			continue
		}
		t.EnumValues = append(t.EnumValues, v)
	}
}

func (j *joiner) defineDirective(def *ast.DirectiveDefinition) {
	if j.DirectiveDefinitions[def.Name] != nil {
		j.fail(def.Position, "There can be only one directive named \"@%s\".", def.Name)
		return
	}
	j.DirectiveDefinitions[def.Name] = def
	j.DirectiveOrder = append(j.DirectiveOrder, def.Name)
}

func (j *joiner) joinSchema(doc *ast.SchemaDocument) {
	if len(doc.Schema) > 1 {
		j.fail(doc.Schema[1].Position, "Must provide only one schema definition.")
	}
	for _, def := range doc.Schema {
		j.Description = def.Description
		j.addRoots(def)
	}
	for _, ext := range doc.SchemaExtension {
		j.addRoots(ext)
	}
	if len(doc.Schema) == 0 {
		j.addDefaultRoots()
	}
	for _, op := range operations() {
		if t := j.Types[j.Roots[op]]; t != nil && t.Kind != ast.Object {
			j.fail(t.Position, "Root type %q must be an object type.", t.Name)
		}
	}
}

func (j *joiner) addRoots(def *ast.SchemaDefinition) {
	j.Directives = append(j.Directives, def.Directives...)
	for _, root := range def.OperationTypes {
		if known, ok := j.Roots[root.Operation]; ok && known != root.Type {
			j.fail(root.Position, "There can be only one %s type in schema.", root.Operation)
			continue
		}
		if j.Types[root.Type] == nil {
			j.fail(root.Position, "Unknown type %s", root.Type)
			continue
		}
		j.Roots[root.Operation] = root.Type
	}
}

func (j *joiner) addDefaultRoots() {
	for _, op := range operations() {
		if _, ok := j.Roots[op]; ok {
			continue
		}
		if t := j.Types[defaultRoot(op)]; t != nil && t.Kind == ast.Object {
			j.Roots[op] = t.Name
		}
	}
}

func operations() []ast.Operation {
	return []ast.Operation{ast.Query, ast.Mutation, ast.Subscription}
}

// defaultRoot is the name that an operation's root type has in a supergraph.
func defaultRoot(op ast.Operation) string {
	switch op {
	case ast.Mutation:
		return "Mutation"
	case ast.Subscription:
		return "Subscription"
	case ast.Query:
	}
	return "Query"
}
