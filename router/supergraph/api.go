package supergraph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/validator"
)

// buildAPI derives the API schema: no inaccessible element, no directive of a linked specification.
func (l *loader) buildAPI() error {
	doc := &ast.SchemaDocument{Schema: l.apiRoots()}
	for _, directive := range l.doc.Directives {
		if !l.machinery(directive.Name) && executable(directive) {
			doc.Directives = append(doc.Directives, l.apiDirective(directive))
		}
	}
	for _, def := range l.doc.Definitions {
		if !l.machinery(def.Name) && !l.inaccessible(def.Directives) {
			doc.Definitions = append(doc.Definitions, l.apiDefinition(def))
		}
	}
	l.schema.APISource = Print(doc)
	full := validator.PreludeDocument()
	full.Merge(doc)
	full.Schema = doc.Schema
	schema, err := validator.ValidateSchemaDocument(full)
	if err != nil {
		return fmt.Errorf("derive the API schema: %w", err)
	}
	l.schema.API = schema
	return nil
}

func (l *loader) apiRoots() ast.SchemaDefinitionList {
	def := &ast.SchemaDefinition{}
	for _, kind := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if name := l.schema.roots[kind]; name != "" {
			def.OperationTypes = append(def.OperationTypes, &ast.OperationTypeDefinition{Operation: kind, Type: name})
		}
	}
	if len(l.doc.Schema) > 0 {
		def.Description = l.doc.Schema[0].Description
	}
	return ast.SchemaDefinitionList{def}
}

func executable(directive *ast.DirectiveDefinition) bool {
	return slices.ContainsFunc(directive.Locations, func(location ast.DirectiveLocation) bool {
		switch location {
		case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField,
			ast.LocationFragmentDefinition, ast.LocationFragmentSpread, ast.LocationInlineFragment,
			ast.LocationVariableDefinition:
			return true
		}
		return false
	})
}

func (l *loader) apiDirective(directive *ast.DirectiveDefinition) *ast.DirectiveDefinition {
	copied := *directive
	copied.Arguments = l.apiArguments(directive.Arguments)
	return &copied
}

// inaccessible reports whether @inaccessible is applied, under whatever name the supergraph links it.
func (l *loader) inaccessible(directives ast.DirectiveList) bool {
	name := "inaccessible"
	if feature, ok := l.schema.Features["https://specs.apollo.dev/inaccessible"]; ok {
		name = feature.Name
		if as := feature.Imports["@inaccessible"]; as != "" {
			name = strings.TrimPrefix(as, "@")
		}
	}
	return directives.ForName(name) != nil
}

func (l *loader) apiDefinition(def *ast.Definition) *ast.Definition {
	copied := *def
	copied.Directives = standardDirectives(def.Directives)
	copied.Interfaces = l.visibleNames(def.Interfaces)
	copied.Types, copied.TypePositions = l.visibleNames(def.Types), nil
	copied.Fields, copied.EnumValues = nil, nil
	for _, field := range def.Fields {
		if !l.inaccessible(field.Directives) && l.visible(field.Type.Name()) {
			f := *field
			f.Directives, f.Arguments = standardDirectives(field.Directives), l.apiArguments(field.Arguments)
			copied.Fields = append(copied.Fields, &f)
		}
	}
	for _, value := range def.EnumValues {
		if !l.inaccessible(value.Directives) {
			v := *value
			v.Directives = standardDirectives(value.Directives)
			copied.EnumValues = append(copied.EnumValues, &v)
		}
	}
	return &copied
}

func (l *loader) apiArguments(arguments ast.ArgumentDefinitionList) ast.ArgumentDefinitionList {
	var list ast.ArgumentDefinitionList
	for _, argument := range arguments {
		if !l.inaccessible(argument.Directives) && l.visible(argument.Type.Name()) {
			a := *argument
			a.Directives = standardDirectives(argument.Directives)
			list = append(list, &a)
		}
	}
	return list
}

func (l *loader) visible(name string) bool {
	def := l.schema.Definitions[name]
	return def == nil || !l.inaccessible(def.Directives)
}

func (l *loader) visibleNames(names []string) []string {
	var list []string
	for _, name := range names {
		if l.visible(name) {
			list = append(list, name)
		}
	}
	return list
}

// standardDirectives are those that introspection shows.
func standardDirectives(directives ast.DirectiveList) ast.DirectiveList {
	var list ast.DirectiveList
	for _, directive := range directives {
		switch directive.Name {
		case "deprecated", "specifiedBy", "oneOf":
			list = append(list, directive)
		}
	}
	return list
}

// Print writes an API schema as SDL, everything in the order of names: what differs between the files of two versions is
// what changed.
func Print(doc *ast.SchemaDocument) string {
	sorted := &ast.SchemaDocument{
		Schema: doc.Schema, Directives: slices.Clone(doc.Directives), Definitions: make(ast.DefinitionList, len(doc.Definitions)),
	}
	for i, def := range doc.Definitions {
		named := *def
		named.Fields, named.EnumValues = slices.Clone(def.Fields), slices.Clone(def.EnumValues)
		slices.SortStableFunc(named.Fields, func(a, b *ast.FieldDefinition) int { return strings.Compare(a.Name, b.Name) })
		slices.SortStableFunc(named.EnumValues, func(a, b *ast.EnumValueDefinition) int { return strings.Compare(a.Name, b.Name) })
		sorted.Definitions[i] = &named
	}
	slices.SortStableFunc(sorted.Directives, func(a, b *ast.DirectiveDefinition) int { return strings.Compare(a.Name, b.Name) })
	slices.SortStableFunc(sorted.Definitions, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	var out strings.Builder
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatSchemaDocument(sorted)
	return out.String()
}
