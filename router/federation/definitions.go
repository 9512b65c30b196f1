package federation

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// addDefinitions puts in the definitions of GraphQL, the link specification and federation that the SDL leaves out, and
// checks those that it repeats.
func (s *Schema) addDefinitions() []*Error {
	s.markOperationTypes()
	s.addScalars("Int", "Float", "String", "Boolean", "ID")
	s.parseInto(builtinDirectives)
	s.addLinkDefinitions()
	if s.IsFederation1() {
		return s.addFederation1()
	}
	return s.addFederation2()
}

const builtinDirectives = `
directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @deprecated(reason: String = "No longer supported") on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
directive @specifiedBy(url: String!) on SCALAR
directive @oneOf on INPUT_OBJECT`

// markOperationTypes hides what a subgraph has for the router's sake, for which every subgraph has a query root type.
func (s *Schema) markOperationTypes() {
	for _, name := range []string{"_Any", "_Entity", "_Service", "_FieldSet"} {
		s.internal[name] = true
	}
	root := s.Types[s.Roots[ast.Query]]
	if root == nil && s.Types["Query"] == nil {
		root = newType(&ast.Definition{Kind: ast.Object, Name: "Query"})
		s.Types["Query"], s.Roots[ast.Query] = root, "Query"
		s.Order = append(s.Order, "Query")
	}
	if root != nil {
		root.removeField("_service")
		root.removeField("_entities")
	}
}

func (s *Schema) addScalars(names ...string) {
	for _, name := range names {
		s.internal[name] = true
		if s.Types[name] == nil {
			s.Types[name] = newType(&ast.Definition{Kind: ast.Scalar, Name: name, BuiltIn: true})
		}
	}
}

// parseInto adds the directives of trusted SDL that the schema does not define itself.
func (s *Schema) parseInto(sdl string) {
	doc, err := parser.ParseSchema(&ast.Source{Name: "built-in", Input: sdl, BuiltIn: true})
	if err != nil {
		panic("federation: a built-in definition does not parse: " + err.Error())
	}
	for _, def := range doc.Directives {
		def.Position = nil
		s.internal["@"+def.Name] = true
		if s.DirectiveDefinitions[def.Name] == nil {
			s.DirectiveDefinitions[def.Name] = def
		}
	}
}

func (s *Schema) addLinkDefinitions() {
	if len(s.Links) == 0 {
		return
	}
	link := Link{Name: "link", Alias: s.local[LinkDirective]}
	for _, l := range s.Links {
		if l.Identity == LinkIdentity {
			link = *l
		}
	}
	purpose, imported := link.LocalType("Purpose"), link.LocalType("Import")
	s.addScalars(imported)
	s.internal[purpose] = true
	if s.Types[purpose] == nil {
		def := &ast.Definition{Kind: ast.Enum, Name: purpose, BuiltIn: true}
		def.EnumValues = ast.EnumValueList{{Name: "SECURITY"}, {Name: "EXECUTION"}}
		s.Types[purpose] = newType(def)
	}
	s.parseInto("directive @" + s.local[LinkDirective] + "(url: String, as: String, for: " + purpose +
		", import: [" + imported + "]) repeatable on SCHEMA")
}

func (s *Schema) addFederation1() []*Error {
	s.addScalars("federation__FieldSet")
	for _, e := range federation1() {
		s.local[e.name] = string(e.name)
		s.parseInto("directive " + e.sdl)
	}
	return nil
}

// addFederation2 adds or checks each directive that the linked federation version, or a linked specification of a
// directive of its own, has.
func (s *Schema) addFederation2() []*Error {
	var errs []*Error
	scalars := s.scalarNames()
	for _, local := range sortedValues(scalars) {
		errs = append(errs, s.addFederationScalar(local)...)
	}
	for _, e := range s.linkedElements() {
		def := parseElement(e, s.local[e.name], scalars)
		s.internal["@"+def.Name] = true
		own := s.DirectiveDefinitions[def.Name]
		if own == nil {
			s.DirectiveDefinitions[def.Name] = def
			continue
		}
		errs = append(errs, s.checkDirective(own, def)...)
	}
	return errs
}

// linkedElements picks the newest definition of each directive that the schema may apply.
func (s *Schema) linkedElements() []element {
	newest := map[DirectiveName]element{}
	for _, e := range elements() {
		if s.local[e.name] != "" && (s.Version.AtLeast(e.since) || s.linksOwnSpecOf(e.name)) {
			newest[e.name] = e
		}
	}
	list := make([]element, 0, len(newest))
	for _, e := range newest {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b element) int { return strings.Compare(string(a.name), string(b.name)) })
	return list
}

func (s *Schema) linksOwnSpecOf(name DirectiveName) bool {
	return slices.ContainsFunc(s.Links, func(l *Link) bool {
		return strings.HasPrefix(l.Identity, specsHost) && slices.Contains(directivesOf(l.Name), name)
	})
}

// scalarNames maps federation's scalars to what the schema calls them.
func (s *Schema) scalarNames() map[string]string {
	names := map[string]string{}
	for name := range scalarSince() {
		names[name] = "federation__" + name
		for _, l := range s.Links {
			if l.Identity == FederationIdentity {
				names[name] = l.LocalType(name)
			}
		}
	}
	return names
}

func sortedValues(m map[string]string) []string {
	values := make([]string, 0, len(m))
	for _, v := range m {
		values = append(values, v)
	}
	slices.Sort(values)
	return values
}

func (s *Schema) addFederationScalar(local string) []*Error {
	own := s.Types[local]
	if own != nil && own.Kind != ast.Scalar {
		return []*Error{Errorf(ErrTypeDefinitionInvalid, s.Subgraph, own.Position,
			"Invalid definition for type %s: %s should be a ScalarType but is defined as a %s", local, local, kindType(own.Kind))}
	}
	s.addScalars(local)
	return nil
}

// kindType is the word that messages use for a kind of type.
func kindType(kind ast.DefinitionKind) string {
	switch kind {
	case ast.Object:
		return "ObjectType"
	case ast.Interface:
		return "InterfaceType"
	case ast.Union:
		return "UnionType"
	case ast.Enum:
		return "EnumType"
	case ast.InputObject:
		return "InputObjectType"
	case ast.Scalar:
	}
	return "ScalarType"
}

func parseElement(e element, local string, scalars map[string]string) *ast.DirectiveDefinition {
	sdl := strings.Replace(e.sdl, "@"+string(e.name), "@"+local, 1)
	doc, err := parser.ParseSchema(&ast.Source{Name: "federation", Input: "directive " + sdl, BuiltIn: true})
	if err != nil {
		// The local name of the subgraph is not a GraphQL name; nothing can apply it.
		doc, _ = parser.ParseSchema(&ast.Source{Name: "federation", Input: "directive " + e.sdl, BuiltIn: true})
		doc.Directives[0].Name = local
	}
	def := doc.Directives[0]
	def.Position = nil
	for _, arg := range def.Arguments {
		localiseScalar(arg.Type, scalars)
	}
	return def
}

func localiseScalar(t *ast.Type, scalars map[string]string) {
	for t.Elem != nil {
		t = t.Elem
	}
	if local, ok := scalars[t.NamedType]; ok {
		t.NamedType = local
	}
}
