package federation

// DirectiveName is a directive's name in the specification that defines it.
type DirectiveName string

// The directives that composition knows, and the first federation version that has each.
const (
	Key              DirectiveName = "key"              // 1.0
	Requires         DirectiveName = "requires"         // 1.0
	Provides         DirectiveName = "provides"         // 1.0
	External         DirectiveName = "external"         // 1.0
	Extends          DirectiveName = "extends"          // 1.0
	Tag              DirectiveName = "tag"              // 1.0
	Shareable        DirectiveName = "shareable"        // 2.0
	Inaccessible     DirectiveName = "inaccessible"     // 2.0
	Override         DirectiveName = "override"         // 2.0, label: 2.7
	ComposeDirective DirectiveName = "composeDirective" // 2.1
	InterfaceObject  DirectiveName = "interfaceObject"  // 2.3
	Authenticated    DirectiveName = "authenticated"    // 2.5
	RequiresScopes   DirectiveName = "requiresScopes"   // 2.5
	Policy           DirectiveName = "policy"           // 2.6
	Context          DirectiveName = "context"          // 2.8
	FromContext      DirectiveName = "fromContext"      // 2.8
	Cost             DirectiveName = "cost"             // 2.9
	ListSize         DirectiveName = "listSize"         // 2.9
	CacheTag         DirectiveName = "cacheTag"         // 2.12
	LinkDirective    DirectiveName = "link"             // the link specification's own
)

// Identities of the specifications that composition knows.
const (
	LinkIdentity       = "https://specs.apollo.dev/link"
	JoinIdentity       = "https://specs.apollo.dev/join"
	FederationIdentity = "https://specs.apollo.dev/federation"
	specsHost          = "https://specs.apollo.dev/"
)

// Version is a specification's version.
type Version struct{ Major, Minor int }

// AtLeast reports whether v is other or later.
func (v Version) AtLeast(other Version) bool {
	return v.Major > other.Major || v.Major == other.Major && v.Minor >= other.Minor
}

// LatestFederation is the newest federation version that composition knows.
var latestFederation = Version{2, 12}

// element is a directive of the federation specification: the SDL of its definition from a version on. `FieldSet` and
// the other scalars stand for what the subgraph calls them.
type element struct {
	name  DirectiveName
	since Version
	sdl   string
}

const (
	typeSystem   = `FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION`
	authElements = `FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM`
	costElements = `ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR`
)

// elements lists the definitions of federation 2; a later entry of the same name replaces an earlier one.
func elements() []element {
	return []element{
		{Key, Version{2, 0}, `@key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE`},
		{Requires, Version{2, 0}, `@requires(fields: FieldSet!) on FIELD_DEFINITION`},
		{Provides, Version{2, 0}, `@provides(fields: FieldSet!) on FIELD_DEFINITION`},
		{External, Version{2, 0}, `@external(reason: String) on OBJECT | FIELD_DEFINITION`},
		{Tag, Version{2, 0}, `@tag(name: String!) repeatable on ` + typeSystem},
		{Tag, Version{2, 3}, `@tag(name: String!) repeatable on ` + typeSystem + ` | SCHEMA`},
		{Extends, Version{2, 0}, `@extends on OBJECT | INTERFACE`},
		{Shareable, Version{2, 0}, `@shareable on OBJECT | FIELD_DEFINITION`},
		{Shareable, Version{2, 2}, `@shareable repeatable on OBJECT | FIELD_DEFINITION`},
		{Inaccessible, Version{2, 0}, `@inaccessible on ` + typeSystem},
		{Override, Version{2, 0}, `@override(from: String!) on FIELD_DEFINITION`},
		{Override, Version{2, 7}, `@override(from: String!, label: String) on FIELD_DEFINITION`},
		{ComposeDirective, Version{2, 1}, `@composeDirective(name: String) repeatable on SCHEMA`},
		{InterfaceObject, Version{2, 3}, `@interfaceObject on OBJECT`},
		{Authenticated, Version{2, 5}, `@authenticated on ` + authElements},
		{RequiresScopes, Version{2, 5}, `@requiresScopes(scopes: [[Scope!]!]!) on ` + authElements},
		{Policy, Version{2, 6}, `@policy(policies: [[Policy!]!]!) on ` + authElements},
		{Context, Version{2, 8}, `@context(name: String!) repeatable on INTERFACE | OBJECT | UNION`},
		{FromContext, Version{2, 8}, `@fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION`},
		{Cost, Version{2, 9}, `@cost(weight: Int!) on ` + costElements},
		{ListSize, Version{2, 9}, `@listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], ` +
			`requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION`},
		{CacheTag, Version{2, 12}, `@cacheTag(format: String!) repeatable on OBJECT | FIELD_DEFINITION`},
	}
}

// federation1 lists the definitions that a federation 1 schema may use without defining them.
func federation1() []element {
	return []element{
		{Key, Version{1, 0}, `@key(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE`},
		{Requires, Version{1, 0}, `@requires(fields: federation__FieldSet!) on FIELD_DEFINITION`},
		{Provides, Version{1, 0}, `@provides(fields: federation__FieldSet!) on FIELD_DEFINITION`},
		{External, Version{1, 0}, `@external(reason: String) on OBJECT | FIELD_DEFINITION`},
		{Tag, Version{1, 0}, `@tag(name: String!) repeatable on ` + typeSystem},
		{Extends, Version{1, 0}, `@extends on OBJECT | INTERFACE`},
	}
}

// scalarSince lists federation's scalars and the first version that has each.
func scalarSince() map[string]Version {
	return map[string]Version{
		"FieldSet": {2, 0}, "Scope": {2, 5}, "Policy": {2, 6}, "ContextFieldValue": {2, 8},
	}
}

// ownSpec lists the specifications beside federation's that define one of its directives on their own, with their
// known versions, newest last.
func ownSpec() map[string][]Version {
	return map[string][]Version{
		"tag":            {{0, 1}, {0, 2}, {0, 3}},
		"inaccessible":   {{0, 1}, {0, 2}},
		"authenticated":  {{0, 1}},
		"requiresScopes": {{0, 1}},
		"policy":         {{0, 1}},
		"cost":           {{0, 1}},
		"context":        {{0, 1}},
	}
}
