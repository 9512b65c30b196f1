package conformance_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/internal/testsubgraph"
)

const contextLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@shareable", "@external",
  "@requires", "@context", "@fromContext", "@interfaceObject"])
`

// TestContexts asks fields whose arguments come from the objects around (@fromContext, federation 2.8): each answer is
// what one server would give that hands the value down.
func TestContexts(t *testing.T) {
	t.Parallel()
	const users = `type Query { users: [User] user: User }
		type User @key(fields: "id") @context(name: "user") { id: ID! locale: String tags: [String!] home: Home friend: User posts: [Post] }
		type Home { city: City } type City { name: String }
		type Post @key(fields: "id") { id: ID!
			title(lang: String @fromContext(field: "$user { locale }")): String
			city(of: String @fromContext(field: "$user { home { city { name } } }")): String
			tagged(tags: [String!] @fromContext(field: "$user { tags }")): [String!]
			both(lang: String @fromContext(field: "$user { locale }"), n: Int = 7, tags: [String!] @fromContext(field: "$user { tags }")): String
			next: Post }`
	const usersTable = `{"objects": {
			"u1": {"__typename": "User", "id": "1", "locale": "en", "tags": ["a", "b"], "home": {"city": {"name": "Rome"}}, "friend": {"$ref": "u2"}, "posts": [{"$ref": "p1"}, null, {"$ref": "p2"}]},
			"u2": {"__typename": "User", "id": "2", "locale": "f\"r", "tags": null, "home": null, "friend": {"$ref": "u3"}, "posts": [{"$ref": "p1"}]},
			"u3": {"__typename": "User", "id": "3", "locale": "en", "tags": [], "home": {"city": null}, "friend": null, "posts": []},
			"u4": {"__typename": "User", "id": "4", "locale": null, "posts": [{"$ref": "p2"}], "friend": null},
			"p1": {"__typename": "Post", "id": "p1", "title": {"$argument": "lang"}, "city": {"$argument": "of"}, "tagged": {"$argument": "tags"}, "both": {"$argument": "lang"}, "next": {"$ref": "p2"}},
			"p2": {"__typename": "Post", "id": "p2", "title": {"$argument": "lang"}, "city": {"$argument": "of"}, "tagged": {"$argument": "tags"}, "both": {"$by": "n", "is": {"3": "three", "7": "seven"}}, "next": null}},
		"roots": {"Query": {"users": [{"$ref": "u1"}, {"$ref": "u2"}, null, {"$ref": "u3"}, {"$ref": "u4"}], "user": {"$ref": "u1"}}}}`
	const nested = `type Query { orgs: [Org!]! }
		type Org @key(fields: "id") @context(name: "c") { id: ID! name: String teams: [Team] all: [Item] }
		type Team @key(fields: "id") @context(name: "c") { id: ID! name: String member: Member item: Item }
		interface Item { id: ID! leaf: Member }
		type Own implements Item @key(fields: "id") @context(name: "c") { id: ID! name: String leaf: Member }
		type Plain implements Item @key(fields: "id") { id: ID! leaf: Member }
		type Member @key(fields: "id") { id: ID! from(name: String @fromContext(field: "$c { name }")): String }`
	const nestedTable = `{"objects": {
			"o1": {"__typename": "Org", "id": "1", "name": "org", "teams": [{"$ref": "t1"}, {"$ref": "t2"}], "all": [{"$ref": "own"}, {"$ref": "plain"}, null]},
			"t1": {"__typename": "Team", "id": "1", "name": "team 1", "member": {"$ref": "m"}, "item": {"$ref": "plain"}},
			"t2": {"__typename": "Team", "id": "2", "name": "team 2", "member": {"$ref": "m"}, "item": {"$ref": "own"}},
			"own": {"__typename": "Own", "id": "own", "name": "own", "leaf": {"$ref": "m"}},
			"plain": {"__typename": "Plain", "id": "plain", "leaf": {"$ref": "m"}},
			"m": {"__typename": "Member", "id": "m", "from": {"$argument": "name"}}},
		"roots": {"Query": {"orgs": [{"$ref": "o1"}]}}}`
	cases := []struct {
		name, table, query, want string
		sdls                     map[string]string
		requests                 int
	}{
		{
			name: "one value", sdls: map[string]string{"a": users}, table: usersTable, requests: 2,
			query: `{ user { posts { title } } }`,
			want:  `{"data":{"user":{"posts":[{"title":"en"},null,{"title":"en"}]}}}`,
		},
		{
			name: "objects of a list are asked by value in one request", sdls: map[string]string{"a": users}, table: usersTable, requests: 2,
			query: `{ users { posts { title id } } }`,
			want:  `{"data":{"users":[{"posts":[{"title":"en","id":"p1"},null,{"title":"en","id":"p2"}]},{"posts":[{"title":"f\"r","id":"p1"}]},null,{"posts":[]},{"posts":[{"title":null,"id":"p2"}]}]}}`,
		},
		{
			name: "null on the way is null", sdls: map[string]string{"a": users}, table: usersTable, requests: 2,
			query: `{ users { posts { city } } }`,
			want:  `{"data":{"users":[{"posts":[{"city":"Rome"},null,{"city":"Rome"}]},{"posts":[{"city":null}]},null,{"posts":[]},{"posts":[{"city":null}]}]}}`,
		},
		{
			name: "lists and several contexts beside an argument of the client's", sdls: map[string]string{"a": users}, table: usersTable, requests: 2,
			query: `query ($n: Int = 3) { users { posts { tagged both(n: $n) x: both } } }`,
			want:  `{"data":{"users":[{"posts":[{"tagged":["a","b"],"both":"en","x":"en"},null,{"tagged":["a","b"],"both":"three","x":"seven"}]},{"posts":[{"tagged":null,"both":"f\"r","x":"f\"r"}]},null,{"posts":[]},{"posts":[{"tagged":null,"both":"three","x":"seven"}]}]}}`,
		},
		{
			name: "the nearest object counts, and is passed on through others", sdls: map[string]string{"a": users}, table: usersTable, requests: 2,
			query: `{ user { friend { posts { next { title } } } posts { next { title } } } }`,
			want:  `{"data":{"user":{"friend":{"posts":[{"next":{"title":"f\"r"}}]},"posts":[{"next":{"title":"en"}},null,{"next":null}]}}}`,
		},
		{
			name: "the client's alias does not hide the value", sdls: map[string]string{"a": users}, table: usersTable, requests: 2,
			query: `{ user { locale: id posts { id: title } } }`,
			want:  `{"data":{"user":{"locale":"1","posts":[{"id":"en"},null,{"id":"en"}]}}}`,
		},
		{
			name: "a nearer context hides one further out", sdls: map[string]string{"a": nested}, table: nestedTable, requests: 2,
			query: `{ orgs { teams { member { from } } } }`,
			want:  `{"data":{"orgs":[{"teams":[{"member":{"from":"team 1"}},{"member":{"from":"team 2"}}]}]}}`,
		},
		{
			name: "objects of a list that set the context stand beside those that pass on one from further out", sdls: map[string]string{"a": nested}, table: nestedTable, requests: 2,
			query: `{ orgs { all { leaf { from } } teams { item { leaf { from } } } } }`,
			want:  `{"data":{"orgs":[{"all":[{"leaf":{"from":"own"}},{"leaf":{"from":"org"}},null],"teams":[{"item":{"leaf":{"from":"team 1"}}},{"item":{"leaf":{"from":"own"}}}]}]}}`,
		},
		{
			name: "the selection goes by the type of the object", requests: 2,
			sdls: map[string]string{"a": `type Query { any: [Any!]! } union Any = A | B | C
				type A @key(fields: "id") @context(name: "any") { id: ID! a: String leaf: Leaf } type B @key(fields: "id") @context(name: "any") { id: ID! b: String leaf: Leaf } type C @key(fields: "id") @context(name: "any") { id: ID! c: String leaf: Leaf }
				type Leaf @key(fields: "id") { id: ID! of(x: String @fromContext(field: "$any ... on A { a } ... on B { b } ... on C { c }")): String }`},
			table: `{"objects": {"a": {"__typename": "A", "id": "a", "a": "from a", "leaf": {"$ref": "l"}}, "b": {"__typename": "B", "id": "b", "b": "from b", "leaf": {"$ref": "l"}},
				"c": {"__typename": "C", "id": "c", "c": null, "leaf": {"$ref": "l"}}, "l": {"__typename": "Leaf", "id": "l", "of": {"$argument": "x"}}}, "roots": {"Query": {"any": [{"$ref": "a"}, {"$ref": "b"}, {"$ref": "c"}, {"$ref": "a"}]}}}`,
			query: `{ any { ... on A { leaf { of } } ... on B { leaf { of } } ... on C { leaf { of } } } }`,
			want:  `{"data":{"any":[{"leaf":{"of":"from a"}},{"leaf":{"of":"from b"}},{"leaf":{"of":null}},{"leaf":{"of":"from a"}}]}}`,
		},
		{
			name: "an interface sets the context for all that implement it", requests: 2,
			sdls: map[string]string{"a": `type Query { i: [I!]! } interface I @context(name: "i") { id: ID! p: String! leaf: Leaf }
				type A implements I @key(fields: "id") { id: ID! p: String! leaf: Leaf } type B implements I @key(fields: "id") { id: ID! p: String! leaf: Leaf }
				type Leaf @key(fields: "id") { id: ID! of(x: String @fromContext(field: "$i { p }")): String! }`},
			table: `{"objects": {"a": {"__typename": "A", "id": "a", "p": "from a", "leaf": {"$ref": "l"}}, "b": {"__typename": "B", "id": "b", "p": "from b", "leaf": {"$ref": "l"}},
				"l": {"__typename": "Leaf", "id": "l", "of": {"$argument": "x"}}}, "roots": {"Query": {"i": [{"$ref": "a"}, {"$ref": "b"}]}}}`,
			query: `{ i { leaf { of } } }`,
			want:  `{"data":{"i":[{"leaf":{"of":"from a"}},{"leaf":{"of":"from b"}}]}}`,
		},
		{
			name: "the value is another subgraph's", requests: 3,
			sdls: map[string]string{
				"a": `type Query { u: [U!]! } type U @key(fields: "id") { id: ID! zone: String }`,
				"b": `type U @key(fields: "id") @context(name: "u") { id: ID! zone: String @external post: Post }
					type Post @key(fields: "id") { id: ID! at(zone: String @fromContext(field: "$u { zone }")): String }`,
			},
			table: `{"objects": {"u1": {"__typename": "U", "id": "1", "zone": "utc", "post": {"$ref": "p"}}, "u2": {"__typename": "U", "id": "2", "zone": "cet", "post": {"$ref": "p"}},
				"p": {"__typename": "Post", "id": "p", "at": {"$argument": "zone"}}}, "roots": {"Query": {"u": [{"$ref": "u1"}, {"$ref": "u2"}]}}}`,
			query: `{ u { post { at } } }`,
			want:  `{"data":{"u":[{"post":{"at":"utc"}},{"post":{"at":"cet"}}]}}`,
		},
		{
			name: "a required field has a context", requests: 3,
			sdls: map[string]string{
				"a": `type Query { u: [U!]! } type U @key(fields: "id") @context(name: "u") { id: ID! zone: String post: Post }
					type Post @key(fields: "id") { id: ID! at(zone: String @fromContext(field: "$u { zone }")): String }`,
				"b": `type Post @key(fields: "id") { id: ID! at: String @external shout: String @requires(fields: "at") }`,
			},
			table: `{"objects": {"u1": {"__typename": "U", "id": "1", "zone": "utc", "post": {"$ref": "p"}},
				"p": {"__typename": "Post", "id": "p", "at": "utc", "shout": "UTC"}}, "roots": {"Query": {"u": [{"$ref": "u1"}]}}}`,
			query: `{ u { post { shout } } }`,
			want:  `{"data":{"u":[{"post":{"shout":"UTC"}}]}}`,
		},
		{
			name: "what fails leaves its own objects alone", requests: 2,
			sdls: map[string]string{"a": users},
			table: `{"objects": {"u1": {"__typename": "User", "id": "1", "locale": "en", "posts": [{"$ref": "p1"}]}, "u2": {"__typename": "User", "id": "2", "locale": "fr", "posts": [{"$ref": "p1"}]},
				"p1": {"__typename": "Post", "id": "p1", "title": {"$by": "lang", "is": {"fr": {"$error": "no French"}, "": "ok"}}}},
				"roots": {"Query": {"users": [{"$ref": "u1"}, {"$ref": "u2"}]}}}`,
			query: `{ users { posts { title } } }`,
			want:  `{"errors":[{"message":"no French","path":["users",1,"posts",0,"title"]}],"data":{"users":[{"posts":[{"title":"ok"}]},{"posts":[{"title":null}]}]}}`,
		},
		{
			name: "the root sets a context", requests: 2,
			sdls:  map[string]string{"a": `type Query @context(name: "root") { tenant: String post: Post } type Post @key(fields: "id") { id: ID! at(tenant: String @fromContext(field: "$root { tenant }")): String }`},
			table: `{"objects": {"p": {"__typename": "Post", "id": "p", "at": {"$argument": "tenant"}}}, "roots": {"Query": {"tenant": "acme", "post": {"$ref": "p"}}}}`,
			query: `{ post { at } }`,
			want:  `{"data":{"post":{"at":"acme"}}}`,
		},
		{
			name: "other entities are asked in the same request", requests: 3,
			sdls: map[string]string{
				"a": `type Query { u: [U!]! } type U @key(fields: "id") { id: ID! zone: String post: Post } type Post @key(fields: "id") { id: ID! }`,
				"b": `type U @key(fields: "id") @context(name: "u") { id: ID! zone: String @external more(n: Int): Int }
					type Post @key(fields: "id") { id: ID! at(zone: String @fromContext(field: "$u { zone }"), n: Int): String }`,
				"c": `type U @key(fields: "id") { id: ID! c: Int }`,
			},
			table: `{"objects": {"u1": {"__typename": "U", "id": "1", "zone": "utc", "more": {"$argument": "n"}, "c": 1, "post": {"$ref": "p"}}, "u2": {"__typename": "U", "id": "2", "zone": "cet", "c": 2, "more": 2, "post": {"$ref": "p"}},
				"p": {"__typename": "Post", "id": "p", "at": {"$argument": "zone"}}}, "roots": {"Query": {"u": [{"$ref": "u1"}, {"$ref": "u2"}]}}}`,
			query: `query ($n: Int = 5, $m: Int = 6) { u { c more(n: $n) post { at(n: $m) } } }`,
			want:  `{"data":{"u":[{"c":1,"more":5,"post":{"at":"utc"}},{"c":2,"more":2,"post":{"at":"cet"}}]}}`,
		},
		{
			name: "types of a union, of which some take the context", requests: 2,
			sdls: map[string]string{"a": `type Query { u: U } type U @key(fields: "id") @context(name: "u") { id: ID! zone: String items: [Item] } union Item = A | B | C
				type A @key(fields: "id") { id: ID! f(zone: String @fromContext(field: "$u { zone }")): String } type B @key(fields: "id") { id: ID! f: String }
				type C @key(fields: "id") { id: ID! f(z: ID @fromContext(field: "$u { id }")): String }`},
			table: `{"objects": {"u": {"__typename": "U", "id": "1", "zone": "utc", "items": [{"$ref": "a"}, {"$ref": "b"}, {"$ref": "c"}]}, "a": {"__typename": "A", "id": "a", "f": {"$argument": "zone"}}, "b": {"__typename": "B", "id": "b", "f": "plain"},
				"c": {"__typename": "C", "id": "c", "f": {"$argument": "z"}}}, "roots": {"Query": {"u": {"$ref": "u"}}}}`,
			query: `{ u { items { ... on A { f id } ... on B { f id } ... on C { f id } } } }`,
			want:  `{"data":{"u":{"items":[{"f":"utc","id":"a"},{"f":"plain","id":"b"},{"f":"1","id":"c"}]}}}`,
		},
		{
			name: "what the field leads to is completed by others, below a mutation", requests: 4,
			sdls: map[string]string{
				"a": `type Query { q: Int } type Mutation { users: [U] } type U @key(fields: "id") @context(name: "u") { id: ID! zone: Zone post: Post } enum Zone { UTC CET }
					type Post @key(fields: "id") { id: ID! near(zone: Zone @fromContext(field: "$u { zone }")): [[Post]] mark: String }`,
				"b": `type Post @key(fields: "id") { id: ID! mark: String @external text: String note: String @requires(fields: "mark") }`,
			},
			table: `{"objects": {"u1": {"__typename": "U", "id": "1", "zone": "UTC", "post": {"$ref": "p"}}, "u2": {"__typename": "U", "id": "2", "zone": "CET", "post": {"$ref": "p"}}, "u3": {"__typename": "U", "id": "3", "zone": "UTC", "post": {"$ref": "o"}},
				"p": {"__typename": "Post", "id": "p", "text": "P", "mark": "m", "note": "N", "near": {"$by": "zone", "is": {"UTC": [[{"$ref": "o"}, null]], "CET": []}}},
				"o": {"__typename": "Post", "id": "o", "text": "O", "mark": "n", "note": "M", "near": null}}, "roots": {"Mutation": {"users": [{"$ref": "u1"}, {"$ref": "u2"}, {"$ref": "u3"}]}}}`,
			query: `mutation { users { post { near { text note } } } }`,
			want:  `{"data":{"users":[{"post":{"near":[[{"text":"O","note":"M"},null]]}},{"post":{"near":[]}},{"post":{"near":null}}]}}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			table, err := testsubgraph.ReadTable([]byte(c.table))
			if err != nil {
				t.Fatal(err)
			}
			sdls := map[string]string{}
			for name, sdl := range c.sdls {
				sdls[name] = contextLink + sdl
			}
			g := startGraph(t, sdls, table, nil)
			if diff := cmp.Diff(c.want, string(g.answer(t, c.query))); diff != "" {
				t.Errorf("%s\n%s", diff, g.plan)
			}
			if n := g.requests(); n > c.requests {
				t.Errorf("%d requests, want %d\n%s", n, c.requests, g.plan)
			}
		})
	}
}
