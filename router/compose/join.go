package compose

import "github.com/vektah/gqlparser/v2/ast"

// joinSDL is the join specification's part of a supergraph, of version v0.3, v0.4 or v0.5, and the link specification's.
func joinSDL(version string) string {
	sdl := `
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar link__Import
enum link__Purpose {
  """
  ` + "`SECURITY`" + ` features provide metadata necessary to securely resolve fields.
  """
  SECURITY
  """
  ` + "`EXECUTION`" + ` features provide metadata necessary for operation execution.
  """
  EXECUTION
}
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, ` +
		`isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
scalar join__FieldSet
`
	field := `directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, ` +
		`external: Boolean, override: String, usedOverridden: Boolean`
	if version != "v0.3" {
		field += `, overrideLabel: String`
		sdl += `
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION
scalar join__DirectiveArguments
`
	}
	if version == "v0.5" {
		field += `, contextArguments: [join__ContextArgument!]`
		sdl += `
input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}
scalar join__FieldValue
`
	}
	return sdl + field + `) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION`
}

// addGraphEnum names the graphs, with what a router calls.
func (m *merger) addGraphEnum() {
	def := &ast.Definition{Kind: ast.Enum, Name: "join__Graph"}
	for _, g := range m.graphs {
		def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{Name: g.enum, Directives: ast.DirectiveList{
			directive("join__graph", argument{"name", text(g.name)}, argument{"url", text(g.url)}),
		}})
	}
	m.out.machinery[def.Name] = true
	m.out.addType(def)
}
