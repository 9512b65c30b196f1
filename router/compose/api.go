package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// printAPI prints what clients see.
func (m *merger) printAPI() string {
	api := m.apiSchema()
	return printSchema(api, func(name string) bool { return !m.out.machinery[name] }, false)
}

// apiSchema copies the supergraph without machinery and without what is @inaccessible.
func (m *merger) apiSchema() *supergraph {
	api := newSupergraph()
	api.description = m.out.description
	for op, root := range m.out.roots {
		if t := m.out.types[root]; t != nil && !m.isInaccessible(t.Directives) {
			api.roots[op] = root
		}
	}
	for _, def := range m.out.apiTypes() {
		if !m.isInaccessible(def.Directives) {
			api.addType(m.apiType(def))
		}
	}
	for name, def := range m.out.definitions {
		if !m.out.machinery["@"+name] {
			api.definitions[name] = m.apiDirective(def)
		}
	}
	return api
}

func (m *merger) isInaccessible(on ast.DirectiveList) bool {
	return m.hasMerged(on, federation.Inaccessible)
}

func (m *merger) isHiddenType(name string) bool {
	t := m.out.types[name]
	return t != nil && m.isInaccessible(t.Directives)
}

func (m *merger) apiType(def *ast.Definition) *ast.Definition {
	out := &ast.Definition{Kind: def.Kind, Name: def.Name, Description: def.Description, Directives: apiDirectives(def.Directives)}
	for _, itf := range def.Interfaces {
		if !m.isHiddenType(itf) {
			out.Interfaces = append(out.Interfaces, itf)
		}
	}
	for _, member := range def.Types {
		if !m.isHiddenType(member) {
			out.Types = append(out.Types, member)
		}
	}
	for _, v := range def.EnumValues {
		if !m.isInaccessible(v.Directives) {
			out.EnumValues = append(out.EnumValues, &ast.EnumValueDefinition{
				Name: v.Name, Description: v.Description, Directives: apiDirectives(v.Directives),
			})
		}
	}
	for _, f := range def.Fields {
		if !m.isInaccessible(f.Directives) {
			out.Fields = append(out.Fields, m.apiField(f))
		}
	}
	// In the order of names, as types are: what differs between the files of two versions is what changed.
	slices.SortStableFunc(out.EnumValues, func(a, b *ast.EnumValueDefinition) int { return strings.Compare(a.Name, b.Name) })
	slices.SortStableFunc(out.Fields, func(a, b *ast.FieldDefinition) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (m *merger) apiField(f *ast.FieldDefinition) *ast.FieldDefinition {
	return &ast.FieldDefinition{
		Name: f.Name, Description: f.Description, Type: f.Type, DefaultValue: f.DefaultValue,
		Directives: apiDirectives(f.Directives), Arguments: m.apiArguments(f.Arguments),
	}
}

func (m *merger) apiArguments(args ast.ArgumentDefinitionList) ast.ArgumentDefinitionList {
	var out ast.ArgumentDefinitionList
	for _, a := range args {
		if !m.isInaccessible(a.Directives) {
			out = append(out, &ast.ArgumentDefinition{
				Name: a.Name, Description: a.Description, Type: a.Type, DefaultValue: a.DefaultValue,
				Directives: apiDirectives(a.Directives),
			})
		}
	}
	return out
}

// apiDirective leaves a directive its executable locations.
func (m *merger) apiDirective(def *ast.DirectiveDefinition) *ast.DirectiveDefinition {
	out := *def
	out.Arguments = m.apiArguments(def.Arguments)
	return &out
}

// apiDirectives keeps the directives that GraphQL itself defines.
func apiDirectives(list ast.DirectiveList) ast.DirectiveList {
	var out ast.DirectiveList
	for _, d := range list {
		if slices.Contains([]string{"deprecated", "specifiedBy", "oneOf"}, d.Name) {
			out = append(out, d)
		}
	}
	return out
}
