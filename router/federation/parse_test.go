package federation_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/federation"
)

const link29 = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external", "@shareable"])
`

func mustParse(t *testing.T, sdl string) *federation.Schema {
	t.Helper()
	schema, errs := federation.Parse("test", sdl)
	if len(errs) > 0 {
		t.Fatalf("parse: %v", errs)
	}
	return schema
}

func TestDefinitionsAndExtensionsAreOneType(t *testing.T) {
	t.Parallel()
	schema := mustParse(t, link29+`type Query { a: User } type User { id: ID! } extend type User @key(fields: "id") { name: String }`)
	user := schema.Types["User"]
	if user.Field("id") == nil || user.Field("name") == nil {
		t.Error("User lacks a field of its definition or of its extension")
	}
	keys := schema.Keys(user)
	if len(keys) != 1 || !keys[0].OfExtension || !keys[0].Resolvable {
		t.Errorf("got keys %+v, want one resolvable key of the extension", keys)
	}
}

func TestEverySchemaHasAQueryRootNamedQuery(t *testing.T) {
	t.Parallel()
	for name, sdl := range map[string]string{
		"renamed": `schema { query: Root } type Root { me: Root _service: _Service } scalar _Service`,
		"absent":  `type User @key(fields: "id") { id: ID! }`,
	} {
		schema := mustParse(t, sdl)
		query := schema.Types["Query"]
		if query == nil || schema.Types["Root"] != nil {
			t.Fatalf("%s: the query root is not named Query", name)
		}
		if query.Field("_service") != nil {
			t.Errorf("%s: _service is part of the API", name)
		}
	}
}

func TestImportsRenameDirectives(t *testing.T) {
	t.Parallel()
	schema := mustParse(t, `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", as: "fed",
		import: [{name: "@key", as: "@entity"}, "@tag"])
		type Query { a: A @fed__shareable } type A @entity(fields: "id") { id: ID! }`)
	got := map[string]string{}
	for _, name := range []federation.DirectiveName{federation.Key, federation.Tag, federation.Shareable, federation.Policy} {
		got[string(name)] = schema.LocalName(name)
	}
	want := map[string]string{"key": "entity", "tag": "tag", "shareable": "fed__shareable", "policy": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("local names (-want +got):\n%s", diff)
	}
	if !schema.IsEntity(schema.Types["A"]) {
		t.Error("A is no entity")
	}
}

func TestParseErrorsNameTheirPlace(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sdl  string
		want federation.Error
	}{
		"a syntax error": {
			"type Query {\n  a Int\n}",
			federation.Error{Code: federation.ErrInvalidGraphQL, Message: "Syntax Error: Expected :, found Name", Subgraph: "test", Line: 2, Column: 5},
		},
		"an unknown type": {
			"type Query {\n  a: Nope\n}",
			federation.Error{Code: federation.ErrInvalidGraphQL, Message: "Unknown type Nope", Subgraph: "test", Line: 2, Column: 3},
		},
		"an unknown import": {
			`extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@policy"]) type Query { a: Int }`,
			federation.Error{
				Code: federation.ErrInvalidLinkDirectiveUsage, Message: `Cannot import unknown element "@policy".`,
				Subgraph: "test", Line: 1, Column: 16,
			},
		},
		"a future federation": {
			`extend schema @link(url: "https://specs.apollo.dev/federation/v3.0") type Query { a: Int }`,
			federation.Error{
				Code: federation.ErrUnknownFederationLinkVersion, Subgraph: "test", Line: 1, Column: 16,
				Message: "Invalid version v3.0 for the federation feature in @link directive on schema",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, errs := federation.Parse("test", test.sdl)
			if len(errs) != 1 {
				t.Fatalf("got %d errors, want one: %v", len(errs), errs)
			}
			if diff := cmp.Diff(test.want, *errs[0]); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFieldSetsPrintAsTheySelect(t *testing.T) {
	t.Parallel()
	schema := mustParse(t, link29+`type Query { a: A } type A { id: ID! b(n: Int = 1): B } interface I { x: Int } type B implements I { x: Int y: [A] }`)
	for text, want := range map[string]string{
		"id":                             "id",
		"{ id b(n:2) { x } }":            "id b(n: 2) { x }",
		"b { ... on I { x } }":           "b { ... on I { x } }",
		"b { __typename ...{ x } } id  ": "b { __typename ... { x } } id",
	} {
		set, err := schema.ParseFieldSet("A", text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if set.String() != want {
			t.Errorf("%q prints as %q, want %q", text, set, want)
		}
	}
	for _, text := range []string{"", "nope", "b", "id { x }", "b { ... on A { id } }", "...F", "b(m: 1) { x }", "x: id", "{"} {
		if set, err := schema.ParseFieldSet("A", text); err == nil {
			t.Errorf("%q parses as %q, want an error", text, set)
		}
	}
}

func TestUpgradeSharesWhatFederation1Shared(t *testing.T) {
	t.Parallel()
	a := mustParse(t, `type User @key(fields: "id") { id: ID! name: String } type Page { size: Int } type Query { user: User }`)
	b := mustParse(t, `extend type User @key(fields: "id") { id: ID! @external name: String } type Page { size: Int }`)
	if errs := federation.Upgrade([]*federation.Schema{a, b}); len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, schema := range []*federation.Schema{a, b} {
		for _, field := range []string{"User.name", "Page.size"} {
			typeName, name := field[:4], field[5:]
			if !schema.IsShareable(schema.Types[typeName].Field(name)) {
				t.Errorf("%s is not shareable", field)
			}
		}
	}
	if b.IsExternal(b.Types["User"].Field("id")) {
		t.Error("the key of an extension is external")
	}
}

func TestValidateReportsTheRulesOfOneSubgraph(t *testing.T) {
	t.Parallel()
	for code, sdl := range map[federation.Code]string{
		federation.ErrKeyInvalidFields:              `type Query { a: A } type A @key(fields: "x") { id: ID! }`,
		federation.ErrKeyFieldsHasArgs:              `type Query { a: A } type A @key(fields: "id") { id(n: Int): ID! }`,
		federation.ErrRequiresFieldsMissingExternal: `type Query { a: A } type A @key(fields: "id") { id: ID! b: Int @requires(fields: "id") }`,
		federation.ErrExternalUnused:                `type Query { a: A } type A { id: ID! @external }`,
		federation.ErrExternalOnInterface:           `type Query { a: A } interface A { id: ID! @external }`,
		federation.ErrInvalidShareableUsage:         `type Query { a: A } interface A { id: ID! @shareable }`,
		federation.ErrInterfaceKeyNotOnImplementation: `type Query { a: A } interface A @key(fields: "id") { id: ID! }
			type B implements A { id: ID! }`,
	} {
		errs := mustParse(t, link29+sdl).Validate()
		if !slices.ContainsFunc(errs, func(err *federation.Error) bool { return err.Code == code && err.Line > 0 }) {
			t.Errorf("got %v, want %s with a position", errs, code)
		}
	}
}

// FuzzParse takes any text through all steps.
func FuzzParse(f *testing.F) {
	f.Add(link29 + `type Query { a: A } type A @key(fields: "id b { c }") { id: ID! b: B } type B { c: [Int!] = 3 }`)
	f.Add(`extend type User @key(fields: ["id"]) { id: ID! @external n: Int @requires(fields: "id { x }") }`)
	f.Fuzz(func(_ *testing.T, sdl string) {
		schema, errs := federation.Parse("fuzz", sdl)
		if len(errs) > 0 {
			return
		}
		if len(federation.Upgrade([]*federation.Schema{schema})) == 0 {
			schema.Validate()
		}
	})
}
