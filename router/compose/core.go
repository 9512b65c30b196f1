package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// feature is a specification whose directives are merged into the supergraph.
type feature struct {
	spec       string // its name under specs.apollo.dev
	version    string
	purpose    string
	directives []coreDirective
}

// coreDirective is one directive of a feature, and how its applications merge.
type coreDirective struct {
	name federation.DirectiveName
	sdl  string
}

const (
	everywhere   = `FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION`
	authElements = `FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM`
	costElements = `ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR`
)

// features lists what can be merged, in the order in which a supergraph links it. $name stands for the directive's
// local name.
func features() []feature {
	return []feature{
		{"tag", "v0.3", "", []coreDirective{{federation.Tag, `@$name(name: String!) repeatable on ` + everywhere + ` | SCHEMA`}}},
		{"inaccessible", "v0.2", "SECURITY", []coreDirective{{federation.Inaccessible, `@$name on ` + everywhere}}},
		{"authenticated", "v0.1", "SECURITY", []coreDirective{{federation.Authenticated, `@$name on ` + authElements}}},
		{"requiresScopes", "v0.1", "SECURITY", []coreDirective{
			{federation.RequiresScopes, `@$name(scopes: [[requiresScopes__Scope!]!]!) on ` + authElements},
		}},
		{"policy", "v0.1", "SECURITY", []coreDirective{
			{federation.Policy, `@$name(policies: [[policy__Policy!]!]!) on ` + authElements},
		}},
		{"cost", "v0.1", "", []coreDirective{
			{federation.Cost, `@$name(weight: Int!) on ` + costElements},
			{federation.ListSize, `@$name(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], ` +
				`requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION`},
		}},
		{"context", "v0.1", "SECURITY", []coreDirective{
			{federation.Context, `@$name(name: String!) repeatable on INTERFACE | OBJECT | UNION`},
			{federation.FromContext, `@$name(field: context__ContextFieldValue) on ARGUMENT_DEFINITION`},
		}},
	}
}

// coreFeatures is what the supergraph links beside link and join.
type coreFeatures struct {
	linked []feature
	local  map[federation.DirectiveName]string // merged directives and their names in the supergraph
	byName map[string]federation.DirectiveName

	composed []composedDirective
	join     string // version of the join specification
}

// resolveCoreFeatures finds which features some subgraph uses, and under which names.
func (m *merger) resolveCoreFeatures() {
	m.core = &coreFeatures{
		local:  map[federation.DirectiveName]string{},
		byName: map[string]federation.DirectiveName{},
		join:   m.joinVersion(),
	}
	for _, f := range features() {
		used := false
		for _, d := range f.directives {
			// @fromContext is not merged: @join__field says what it says.
			used = d.name != federation.FromContext && m.resolveCoreDirective(d.name) || used
		}
		if used {
			m.core.linked = append(m.core.linked, f)
		}
	}
	m.resolveComposeDirectives()
}

func (m *merger) joinVersion() string {
	newest := federation.Version{Major: 2}
	for _, g := range m.graphs {
		if v := m.impliedVersion(g); v.AtLeast(newest) {
			newest = v
		}
	}
	switch {
	case newest.AtLeast(federation.Version{Major: 2, Minor: 8}):
		return "v0.5"
	case newest.AtLeast(federation.Version{Major: 2, Minor: 7}):
		return "v0.4"
	}
	return "v0.3"
}

// resolveCoreDirective names a directive; all subgraphs that apply it must agree on the name.
func (m *merger) resolveCoreDirective(name federation.DirectiveName) bool {
	var locals, graphs []string
	for _, g := range m.graphs {
		local := g.LocalName(name)
		if local != "" && g.Applies(name) {
			locals, graphs = append(locals, local), append(graphs, g.name)
		}
	}
	if len(locals) == 0 && name == federation.Inaccessible && m.options.isContract() {
		locals, graphs = []string{string(name)}, []string{""}
	}
	if len(locals) == 0 {
		return false
	}
	if slices.ContainsFunc(locals, func(l string) bool { return l != locals[0] }) {
		imported := make([]string, len(locals))
		for i, l := range locals {
			imported[i] = `it is imported as "@` + l + `"`
		}
		m.fail(federation.ErrLinkImportNameMismatch, "The \"@%s\" directive is imported with mismatched name between subgraphs: %s",
			name, strings.ReplaceAll(distribution(imported, graphs), "but it is imported as", "but"))
	}
	m.core.local[name] = locals[0]
	m.core.byName[locals[0]] = name
	return true
}

// isMergedDirective reports whether applications of the graph's directive reach the supergraph through a feature.
func (m *merger) isMergedDirective(g *graph, local string) bool {
	_, merged := m.supergraphName(g, local)
	return merged
}

// hasMerged reports whether merged applications include a feature's directive.
func (m *merger) hasMerged(list ast.DirectiveList, name federation.DirectiveName) bool {
	local := m.core.local[name]
	return local != "" && list.ForName(local) != nil
}

// addCoreDefinitions puts the links of the supergraph first on its schema, and defines what they link.
func (m *merger) addCoreDefinitions() {
	links := ast.DirectiveList{
		directive("link", argument{"url", text(federation.LinkIdentity + "/v1.0")}),
		directive("link", argument{"url", text(federation.JoinIdentity + "/" + m.core.join)}, argument{"for", enum("EXECUTION")}),
	}
	m.define(joinSDL(m.core.join))
	for _, f := range m.core.linked {
		links = append(links, m.featureLink(f))
		for _, d := range f.directives {
			m.defineCoreDirective(f, d)
		}
		if scalar, ok := featureScalars()[f.spec]; ok {
			m.define("scalar " + scalar)
		}
	}
	if m.usesOneOf() {
		m.define("directive @oneOf on INPUT_OBJECT") // older routers do not have it built in
	}
	if m.usesCacheTag() {
		links = append(links, directive("link", argument{"url", text("https://specs.apollo.dev/cacheTag/v0.1")},
			argument{"for", enum("EXECUTION")}))
	}
	m.out.directives = append(append(links, m.composedLinks()...), m.out.directives...)
	m.addGraphEnum()
}

func (m *merger) usesOneOf() bool {
	return slices.ContainsFunc(m.out.apiTypes(), func(def *ast.Definition) bool { return def.Directives.ForName("oneOf") != nil })
}

func featureScalars() map[string]string {
	return map[string]string{
		"requiresScopes": "requiresScopes__Scope", "policy": "policy__Policy", "context": "context__ContextFieldValue",
	}
}

func (m *merger) featureLink(f feature) *ast.Directive {
	var imports []*ast.Value
	for _, d := range f.directives {
		local, used := m.core.local[d.name]
		if !used {
			continue
		}
		switch {
		case local != string(d.name):
			imports = append(imports, object(argument{"name", text("@" + string(d.name))}, argument{"as", text("@" + local)}))
		case local != f.spec:
			imports = append(imports, text("@"+local))
		}
	}
	var purpose, imported *ast.Value
	if f.purpose != "" {
		purpose = enum(f.purpose)
	}
	if len(imports) > 0 {
		imported = list(imports...)
	}
	return directive("link", argument{"url", text("https://specs.apollo.dev/" + f.spec + "/" + f.version)},
		argument{"for", purpose}, argument{"import", imported})
}

func (m *merger) defineCoreDirective(f feature, d coreDirective) {
	local, used := m.core.local[d.name]
	if !used {
		local = string(d.name)
		if local != f.spec {
			local = f.spec + "__" + local
		}
	}
	m.define("directive " + strings.Replace(d.sdl, "$name", local, 1))
}

// define adds machinery to the supergraph.
func (m *merger) define(sdl string) {
	doc := mustParse(sdl)
	for _, def := range doc.Definitions {
		m.out.machinery[def.Name] = true
		m.out.addType(def)
	}
	for _, d := range doc.Directives {
		m.out.machinery["@"+d.Name] = true
		m.out.definitions[d.Name] = d
	}
}

// isFeatureType reports whether a graph's type is a scalar of a linked specification that the supergraph defines itself.
func (m *merger) isFeatureType(_ *graph, name string) bool {
	for _, scalar := range featureScalars() {
		if scalar == name {
			return true
		}
	}
	return strings.HasPrefix(name, "join__") || strings.HasPrefix(name, "link__")
}
