package plan_test

import (
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// subgraphSchema is the executable schema of a subgraph: its SDL without federation's directives, with _entities.
func subgraphSchema(t testing.TB, sdl string) *ast.Schema {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	full := validator.PreludeDocument()
	var entities []string
	byName := map[string]*ast.Definition{}
	for _, def := range slices.Concat(doc.Definitions, doc.Extensions) {
		keyed := def.Directives.ForName("key") != nil && def.Kind == ast.Object
		if keyed && !slices.Contains(entities, def.Name) {
			entities = append(entities, def.Name)
		}
		bare(def)
		if known := byName[def.Name]; known != nil {
			known.Fields = append(known.Fields, def.Fields...)
			known.Interfaces = append(known.Interfaces, def.Interfaces...)
			known.Types = append(known.Types, def.Types...)
			continue
		}
		byName[def.Name] = def
		full.Definitions = append(full.Definitions, def)
	}
	roots := rootNames(doc, byName)
	if byName[roots[ast.Query]] == nil {
		byName[roots[ast.Query]] = &ast.Definition{Kind: ast.Object, Name: roots[ast.Query]}
		full.Definitions = append(full.Definitions, byName[roots[ast.Query]])
	}
	addEntities(full, byName[roots[ast.Query]], entities)
	definition := &ast.SchemaDefinition{}
	for _, kind := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if byName[roots[kind]] != nil {
			definition.OperationTypes = append(definition.OperationTypes, &ast.OperationTypeDefinition{Operation: kind, Type: roots[kind]})
		}
	}
	full.Schema = ast.SchemaDefinitionList{definition}
	schema, err := validator.ValidateSchemaDocument(full)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func rootNames(doc *ast.SchemaDocument, byName map[string]*ast.Definition) map[ast.Operation]string {
	roots := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}
	for _, def := range slices.Concat(doc.Schema, doc.SchemaExtension) {
		for _, root := range def.OperationTypes {
			roots[root.Operation] = root.Type
		}
	}
	return roots
}

// bare removes applied directives, which the executable schema does not define.
func bare(def *ast.Definition) {
	def.Directives = nil
	for _, field := range def.Fields {
		field.Directives = nil
		for _, argument := range field.Arguments {
			argument.Directives = nil
		}
	}
	for _, value := range def.EnumValues {
		value.Directives = nil
	}
}

func addEntities(full *ast.SchemaDocument, query *ast.Definition, entities []string) {
	if len(entities) == 0 {
		query.Fields = append(query.Fields, &ast.FieldDefinition{Name: "_service", Type: ast.NamedType("String", nil)})
		return
	}
	full.Definitions = append(full.Definitions,
		&ast.Definition{Kind: ast.Scalar, Name: "_Any"},
		&ast.Definition{Kind: ast.Union, Name: "_Entity", Types: entities})
	query.Fields = append(query.Fields, &ast.FieldDefinition{
		Name: "_entities",
		Type: ast.NonNullListType(ast.NamedType("_Entity", nil), nil),
		Arguments: ast.ArgumentDefinitionList{{
			Name: "representations", Type: ast.NonNullListType(ast.NonNullNamedType("_Any", nil), nil),
		}},
	})
}

// mustBeValid fails the test when a document is not valid against a subgraph's schema.
func mustBeValid(t *testing.T, schema *ast.Schema, document string) {
	t.Helper()
	query, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	if errs := validator.ValidateWithRules(schema, query, rules.NewDefaultRules()); len(errs) > 0 {
		t.Errorf("%v\n%s", errs, document)
	}
}
