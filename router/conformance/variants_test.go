package conformance_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/internal/testsubgraph"
)

// variant is a federated schema of a kind that gateways get wrong, with data, and operations with what one server would
// answer and how many requests that takes.
type variant struct {
	name  string
	sdls  map[string]string
	table string
	asks  []ask
}

type ask struct {
	query, want string
	requests    int
}

const variantLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires",
  "@provides", "@shareable", "@interfaceObject", "@override", "@inaccessible", "@extends"])
`

func variants() []variant {
	return []variant{
		{
			name: "null keys: an entity that the subgraph between does not know leads no further",
			sdls: map[string]string{
				"a": variantLink + `type Query { containers: [Container] } type Container { book: Book } type Book @key(fields: "upc") { upc: ID! }`,
				"b": variantLink + `type Book @key(fields: "id") @key(fields: "upc") { id: ID! upc: ID! }`,
				"c": variantLink + `type Book @key(fields: "id") { id: ID! author: Author } type Author @key(fields: "id") { id: ID! name: String }`,
			},
			table: `{"objects": {"b1": {"__typename": "Book", "upc": "u1", "id": "1", "author": {"$ref": "a1"}}, "b2": {"__typename": "Book", "upc": "u2", "id": "2", "author": null},
				"b3": {"__typename": "Book", "upc": "u3", "id": "3"}, "a1": {"__typename": "Author", "id": "a1", "name": "A"}},
				"subgraphs": {"b": {"objects": {"b3": {"upc": "gone"}}}},
				"roots": {"Query": {"containers": [{"book": {"$ref": "b1"}}, {"book": {"$ref": "b2"}}, {"book": {"$ref": "b3"}}, {"book": null}]}}}`,
			asks: []ask{{`{ containers { book { upc author { name } } } }`,
				`{"data":{"containers":[{"book":{"upc":"u1","author":{"name":"A"}}},{"book":{"upc":"u2","author":null}},{"book":{"upc":"u3","author":null}},{"book":null}]}}`, 3}},
		},
		{
			name: "a value type's fields are had by asking its parent again",
			sdls: map[string]string{
				"a": variantLink + `type Query { products: [Product] } type Product @key(fields: "id pid") { id: ID! pid: ID! }`,
				"b": variantLink + `type Product @key(fields: "id") { id: ID! category: Category @shareable } type Category { details: String }`,
				"c": variantLink + `type Product @key(fields: "id pid") { id: ID! pid: ID! category: Category @shareable } type Category { id: ID! name: String }`,
			},
			table: `{"objects": {"p": {"__typename": "Product", "id": "1", "pid": "p1", "category": {"id": "c1", "name": "C", "details": "d"}}}, "roots": {"Query": {"products": [{"$ref": "p"}]}}}`,
			asks: []ask{
				{`{ products { category { details id } } }`, `{"data":{"products":[{"category":{"details":"d","id":"c1"}}]}}`, 3},
				{`{ products { category { name } } }`, `{"data":{"products":[{"category":{"name":"C"}}]}}`, 2},
			},
		},
		{
			name: "two subgraphs require of each other",
			sdls: map[string]string{
				"a": variantLink + `type Query { feed: [Post] } type Post @key(fields: "id") { id: ID! byExpert: Boolean @requires(fields: "by { years }") by: Author @external }
					type Author @key(fields: "id") { id: ID! years: Int @external }`,
				"b": variantLink + `type Post @key(fields: "id") { id: ID! by: Author byNovice: Boolean @requires(fields: "by { level }") } type Author @key(fields: "id") { id: ID! years: Int level: Int @external }`,
				"c": variantLink + `type Author @key(fields: "id") { id: ID! years: Int @external level: Int @requires(fields: "years") }`,
			},
			table: `{"objects": {"p": {"__typename": "Post", "id": "1", "by": {"$ref": "u"}, "byExpert": true, "byNovice": false}, "u": {"__typename": "Author", "id": "u", "years": 9, "level": 3}}, "roots": {"Query": {"feed": [{"$ref": "p"}]}}}`,
			asks: []ask{
				{`{ feed { byExpert } }`, `{"data":{"feed":[{"byExpert":true}]}}`, 3},
				{`{ feed { byNovice } }`, `{"data":{"feed":[{"byNovice":false}]}}`, 4},
				{`{ feed { byNovice byExpert } }`, `{"data":{"feed":[{"byNovice":false,"byExpert":true}]}}`, 5},
			},
		},
		{
			name: "requires of requires, and the same field for the client",
			sdls: map[string]string{
				"a": variantLink + `type Query { product: Product } type Product @key(fields: "id") { id: ID! price: Float }`,
				"b": variantLink + `type Product @key(fields: "id") { id: ID! price: Float @external hasDiscount: Boolean @requires(fields: "price") isCheap: Boolean @requires(fields: "price") }`,
				"c": variantLink + `type Product @key(fields: "id") { id: ID! hasDiscount: Boolean @external canAfford: Boolean @requires(fields: "hasDiscount") }`,
				"d": variantLink + `type Product @key(fields: "id") { id: ID! canAfford: Boolean @external hasDiscount: Boolean @external both: Boolean @requires(fields: "canAfford hasDiscount") }`,
			},
			table: `{"objects": {"p": {"__typename": "Product", "id": "1", "price": 10.5, "hasDiscount": true, "isCheap": false, "canAfford": true, "both": true}}, "roots": {"Query": {"product": {"$ref": "p"}}}}`,
			asks: []ask{
				{`{ product { both } }`, `{"data":{"product":{"both":true}}}`, 4},
				{`{ product { both isCheap canAfford price } }`, `{"data":{"product":{"both":true,"isCheap":false,"canAfford":true,"price":10.5}}}`, 4},
				{`{ product { hasDiscount: isCheap price: id both } }`, `{"data":{"product":{"hasDiscount":false,"price":"1","both":true}}}`, 4},
			},
		},
		{
			name: "requires of an interface, with and without fragments",
			sdls: map[string]string{
				"a": variantLink + `type Query { a: User } type User @key(fields: "id") { id: ID! name: String address: Address @external
						city: String @requires(fields: "address { id }") country: String @requires(fields: "address { ... on Home { city } ... on Work { id } }") }
					interface Address { id: ID! } type Home implements Address @key(fields: "id") { id: ID! city: String @external } type Work implements Address @key(fields: "id") { id: ID! }`,
				"b": variantLink + `type Query { b: User } type User @key(fields: "id") { id: ID! address: Address } interface Address { id: ID! }
					type Home implements Address @key(fields: "id") { id: ID! city: String } type Work implements Address @key(fields: "id") { id: ID! city: String }`,
			},
			table: `{"objects": {"u": {"__typename": "User", "id": "u", "name": "U", "address": {"$ref": "h"}, "city": "of h", "country": "it"}, "h": {"__typename": "Home", "id": "h", "city": "Rome"},
				"v": {"__typename": "User", "id": "v", "name": "V", "address": {"$ref": "w"}, "city": "of w", "country": "fr"}, "w": {"__typename": "Work", "id": "w", "city": "Paris"}},
				"roots": {"Query": {"a": {"$ref": "u"}, "b": {"$ref": "v"}}}}`,
			asks: []ask{
				{`{ a { city country } b { city country name } }`, `{"data":{"a":{"city":"of h","country":"it"},"b":{"city":"of w","country":"fr","name":"V"}}}`, 4},
				{`{ a { address { __typename ... on Work { city } ... on Home { city } } country } }`, `{"data":{"a":{"address":{"__typename":"Home","city":"Rome"},"country":"it"}}}`, 3},
			},
		},
		{
			name: "a provided field of a union's member needs no fetch, others' do",
			sdls: map[string]string{
				"a": variantLink + `type Query { media: [Media] @shareable book: Book @provides(fields: "animals { ... on Dog { name } }") }
					union Media = Book | Movie type Book @key(fields: "id") { id: ID! animals: [Animal] @shareable } type Movie @key(fields: "id") { id: ID! }
					union Animal = Dog | Cat type Dog @key(fields: "id") { id: ID! name: String @external } type Cat @key(fields: "id") { id: ID! }`,
				"b": variantLink + `type Book @key(fields: "id") { id: ID! title: String @shareable animals: [Animal] @shareable } union Animal = Dog | Cat
					type Dog @key(fields: "id") { id: ID! name: String @shareable age: Int } type Cat @key(fields: "id") { id: ID! name: String @shareable age: Int }`,
				"c": variantLink + `type Query { media: [Media] @shareable } union Media = Book | Movie type Book @key(fields: "id") { id: ID! } type Movie @key(fields: "id") { id: ID! title: String }`,
			},
			table: `{"objects": {"b": {"__typename": "Book", "id": "b", "title": "B", "animals": [{"$ref": "d"}, {"$ref": "c"}]}, "m": {"__typename": "Movie", "id": "m", "title": "M"}, "d": {"__typename": "Dog", "id": "d", "name": "Rex", "age": 3}, "c": {"__typename": "Cat", "id": "c", "name": "Tom", "age": 4}},
				"roots": {"Query": {"media": [{"$ref": "b"}, {"$ref": "m"}], "book": {"$ref": "b"}}}}`,
			asks: []ask{
				{`{ book { animals { __typename ... on Dog { name } ... on Cat { id } } } }`, `{"data":{"book":{"animals":[{"__typename":"Dog","name":"Rex"},{"__typename":"Cat","id":"c"}]}}}`, 1},
				{`{ book { animals { ... on Dog { name } ... on Cat { name } } } }`, `{"data":{"book":{"animals":[{"name":"Rex"},{"name":"Tom"}]}}}`, 2},
				{`{ media { ... on Book { title } ... on Movie { title } } }`, `{"data":{"media":[{"title":"B"},{"title":"M"}]}}`, 2},
			},
		},
		{
			name: "an override of a field of a subgraph that is not there, and one that requires",
			sdls: map[string]string{
				"a": variantLink + `type Query { user: User } type User @key(fields: "id") { id: ID! name: String aName: String }`,
				"b": variantLink + `type User @key(fields: "id") { id: ID! name: String @override(from: "a") bName: String at: String @override(from: "nobody") }`,
				"c": variantLink + `type User @key(fields: "id") { id: ID! name: String @external cName: String @requires(fields: "name") bName: String @external dName: String @requires(fields: "bName name") }`,
			},
			table: `{"objects": {"u": {"__typename": "User", "id": "u", "name": "N", "aName": "a N", "bName": "b", "cName": "c N", "dName": "d", "at": "@"}}, "subgraphs": {"a": {"objects": {"u": {"name": "old"}}}}, "roots": {"Query": {"user": {"$ref": "u"}}}}`,
			asks: []ask{
				{`{ user { name at } }`, `{"data":{"user":{"name":"N","at":"@"}}}`, 2},
				{`{ user { cName dName } }`, `{"data":{"user":{"cName":"c N","dName":"d"}}}`, 3},
			},
		},
		{
			name: "an interface object that cannot be asked again tells only what it has",
			sdls: map[string]string{
				"a": variantLink + `type Query { product: Product } type Product @interfaceObject @key(fields: "id", resolvable: false) { id: ID! }`,
				"b": variantLink + `type Query { b: String } interface Product @key(fields: "id") { id: ID! data: String } type Bread implements Product @key(fields: "id") { id: ID! data: String } type Milk implements Product @key(fields: "id") { id: ID! data: String fat: Int }`,
				"c": variantLink + `type Product @interfaceObject @key(fields: "id") { id: ID! rating: Int data: String @external label: String @requires(fields: "data") }`,
			},
			table: `{"objects": {"m": {"__typename": "Milk", "id": "m", "data": "d", "fat": 3, "rating": 5, "label": "L"}}, "roots": {"Query": {"product": {"$ref": "m"}, "b": "b"}}}`,
			asks: []ask{
				{`{ product { id } }`, `{"data":{"product":{"id":"m"}}}`, 1},
				{`{ product { rating } }`, `{"data":{"product":{"rating":5}}}`, 2},
				{`{ product { __typename rating ... on Milk { fat } } }`, `{"data":{"product":{"__typename":"Milk","rating":5,"fat":3}}}`, 3},
				{`{ product { label } }`, `{"data":{"product":{"label":"L"}}}`, 3},
				{`{ product { ... on Bread { data label } ... on Milk { rating } } }`, `{"data":{"product":{"rating":5}}}`, 3},
			},
		},
		{
			name: "a union in one subgraph, an interface in the other, other members in each",
			sdls: map[string]string{
				"a": variantLink + `type Query { thing: Thing things: [Thing!]! } union Thing = A | B | C interface Named { name: String } type A implements Named @key(fields: "id") { id: ID! name: String } type B @key(fields: "id") { id: ID! size: Int } type C implements Named { name: String }`,
				"b": variantLink + `type Query { named: [Named!]! } interface Named { name: String } type D implements Named { name: String } type B implements Named @key(fields: "id") { id: ID! name: String }`,
			},
			table: `{"objects": {"a": {"__typename": "A", "id": "a", "name": "an A"}, "b": {"__typename": "B", "id": "b", "size": 2, "name": "a B"}, "c": {"__typename": "C", "name": "a C"}, "d": {"__typename": "D", "name": "a D"}},
				"roots": {"Query": {"thing": {"$ref": "b"}, "things": [{"$ref": "a"}, {"$ref": "b"}, {"$ref": "c"}], "named": [{"$ref": "b"}, {"$ref": "d"}]}}}`,
			asks: []ask{
				{`{ things { __typename ... on Named { name } ... on B { size } } }`, `{"data":{"things":[{"__typename":"A","name":"an A"},{"__typename":"B","name":"a B","size":2},{"__typename":"C","name":"a C"}]}}`, 2},
				{`{ named { name ... on B { size } ... on A { id } } }`, `{"data":{"named":[{"name":"a B","size":2},{"name":"a D"}]}}`, 2},
				{`{ thing { ... on A { name } ... on C { name } } }`, `{"data":{"thing":{}}}`, 1},
			},
		},
		{
			name: "a shared root field is put together from several subgraphs at once",
			sdls: map[string]string{
				"category": variantLink + `type Query { product: Product @shareable products: [Product] @shareable } type Product { category: Category @shareable id: ID! @shareable } type Category { id: ID! name: String }`,
				"name":     variantLink + `type Query { product: Product @shareable products: [Product] @shareable } type Product { id: ID! @shareable name: Name } type Name { brand: String model: String }`,
				"price":    variantLink + `type Query { product: Product @shareable products: [Product] @shareable } type Product { id: ID! @shareable price: Price } type Price { amount: Int currency: String }`,
			},
			table: `{"objects": {"p": {"__typename": "Product", "id": "p", "category": {"id": "c", "name": "C"}, "name": {"brand": "B", "model": "M"}, "price": {"amount": 3, "currency": "EUR"}}}, "roots": {"Query": {"product": {"$ref": "p"}, "products": [{"$ref": "p"}]}}}`,
			asks: []ask{
				{`{ product { id name { brand } price { amount } category { name } } }`, `{"data":{"product":{"id":"p","name":{"brand":"B"},"price":{"amount":3},"category":{"name":"C"}}}}`, 3},
				{`{ products { id price { amount } name { model } } }`, `{"data":{"products":[{"id":"p","price":{"amount":3},"name":{"model":"M"}}]}}`, 2},
				{`{ product { id } products { id } }`, `{"data":{"product":{"id":"p"},"products":[{"id":"p"}]}}`, 1},
			},
		},
		{
			name: "node: an interface of stubs leads to each type's own subgraph",
			sdls: map[string]string{
				"node":  variantLink + `type Query { node(id: ID!): Node productNode: Node } interface Node { id: ID! } type Product implements Node @key(fields: "id") { id: ID! } type Category implements Node @key(fields: "id") { id: ID! }`,
				"types": variantLink + `type Product implements Node @key(fields: "id") { id: ID! name: String price: Int } type Category implements Node @key(fields: "id") { id: ID! name: String } interface Node { id: ID! }`,
			},
			table: `{"objects": {"p": {"__typename": "Product", "id": "p", "name": "P", "price": 1}, "c": {"__typename": "Category", "id": "c", "name": "C"}}, "roots": {"Query": {"node": {"$by": "id", "is": {"p": {"$ref": "p"}, "c": {"$ref": "c"}, "": null}}, "productNode": {"$ref": "p"}}}}`,
			asks: []ask{
				{`{ a: node(id: "p") { id __typename ... on Product { name } ... on Category { n: name } } b: node(id: "c") { ... on Category { name } } c: node(id: "x") { id ... on Product { price } } }`,
					`{"data":{"a":{"id":"p","__typename":"Product","name":"P"},"b":{"name":"C"},"c":null}}`, 2},
				{`{ productNode { id } }`, `{"data":{"productNode":{"id":"p"}}}`, 1},
			},
		},
		{
			name: "federation 1: a type that only extends, with keys that others own",
			sdls: map[string]string{
				"a": `extend type Query { randomUser: User userById(id: ID): User } extend type User @key(fields: "id") { id: ID! @external name: String @external rid: ID }`,
				"b": `type User @key(fields: "id") { id: ID! name: String nickname: String } extend type Query { providedRandomUser: User }`,
				"c": `type User @key(fields: "id") @extends { id: ID! @external nickname: String @external shout: String @requires(fields: "nickname") }`,
			},
			table: `{"objects": {"u": {"__typename": "User", "id": "u", "name": "N", "nickname": "n", "rid": "r", "shout": "N!"}}, "roots": {"Query": {"randomUser": {"$ref": "u"}, "userById": {"$find": "User"}, "providedRandomUser": {"$ref": "u"}}}}`,
			asks: []ask{
				{`{ randomUser { id rid } }`, `{"data":{"randomUser":{"id":"u","rid":"r"}}}`, 1},
				{`{ randomUser { id name rid } userById(id: "u") { name shout } }`, `{"data":{"randomUser":{"id":"u","name":"N","rid":"r"},"userById":{"name":"N","shout":"N!"}}}`, 3},
				{`{ providedRandomUser { rid shout } }`, `{"data":{"providedRandomUser":{"rid":"r","shout":"N!"}}}`, 3},
			},
		},
		{
			name: "an external field that nothing provides is asked of its owner, on both paths",
			sdls: map[string]string{
				"price":     `type Query { p: Product } extend type Product @key(fields: "id") { id: ID! @external price: Float }`,
				"inventory": `extend type Product @key(fields: "id") { id: ID! @external price: Float @external isExpensive: Boolean @requires(fields: "price") } extend type Query { cheap: Product @provides(fields: "price") stock: Product }`,
				"catalog":   `type Product @key(fields: "id") { id: ID! name: String }`,
			},
			table: `{"objects": {"p": {"__typename": "Product", "id": "p", "price": 2.5, "isExpensive": false, "name": "P"}}, "roots": {"Query": {"p": {"$ref": "p"}, "cheap": {"$ref": "p"}, "stock": {"$ref": "p"}}}}`,
			asks: []ask{
				{`{ cheap { price } }`, `{"data":{"cheap":{"price":2.5}}}`, 1},
				{`{ stock { price } }`, `{"data":{"stock":{"price":2.5}}}`, 2},
				{`{ stock { isExpensive price name } }`, `{"data":{"stock":{"isExpensive":false,"price":2.5,"name":"P"}}}`, 4},
				{`{ cheap { isExpensive } }`, `{"data":{"cheap":{"isExpensive":false}}}`, 3},
			},
		},
		{
			name: "an interface object extends what implements its interface only through another subgraph",
			sdls: map[string]string{
				"a": variantLink + `type Query { cars: [Car] } type Car implements Node @key(fields: "id") { id: ID! wheels: Int } interface Node @key(fields: "id") { id: ID! }`,
				"b": variantLink + `type Query { nodes: [Node] } type Node @interfaceObject @key(fields: "id") { id: ID! tags: [String!] owner: Owner } type Owner { node: Node name: String }`,
			},
			table: `{"objects": {"c": {"__typename": "Car", "id": "c", "wheels": 4, "tags": ["t"], "owner": {"name": "O", "node": {"$ref": "c"}}}}, "roots": {"Query": {"cars": [{"$ref": "c"}], "nodes": [{"$ref": "c"}]}}}`,
			asks: []ask{
				{`{ cars { wheels tags owner { node { id ... on Car { wheels tags } } } } }`, `{"data":{"cars":[{"wheels":4,"tags":["t"],"owner":{"node":{"id":"c","wheels":4,"tags":["t"]}}}]}}`, 3},
				{`{ nodes { __typename tags } }`, `{"data":{"nodes":[{"__typename":"Car","tags":["t"]}]}}`, 2},
				{`{ nodes { tags owner { node { tags } } } }`, `{"data":{"nodes":[{"tags":["t"],"owner":{"node":{"tags":["t"]}}}]}}`, 1},
			},
		},
		{
			name: "a wrong type name in an id changes nothing: the type is what the subgraph says",
			sdls: map[string]string{
				"a": variantLink + `type Query { node(id: ID!): Node account(id: String!): Account } interface Node { id: ID! } type Account implements Node @key(fields: "id") { id: ID! username: String } type Chat implements Node @key(fields: "id") { id: ID! account: Account @shareable text: String }`,
				"b": variantLink + `type Query { chat(id: String!): Chat } interface Node { id: ID! } type Chat implements Node @key(fields: "id") { id: ID! account: Account @shareable } type Account implements Node @key(fields: "id") { id: ID! chats: [Chat] }`,
			},
			table: `{"objects": {"a": {"__typename": "Account", "id": "a1", "username": "U", "chats": [{"$ref": "c"}]}, "c": {"__typename": "Chat", "id": "c1", "account": {"$ref": "a"}, "text": "hi"}},
				"subgraphs": {"a": {"objects": {"a": {"id": "a1"}}}},
				"roots": {"Query": {"node": {"$ref": "c"}, "account": {"$ref": "a"}, "chat": {"$ref": "c"}}}}`,
			asks: []ask{
				{`{ account(id: "a1") { id username chats { id text account { username } } } }`, `{"data":{"account":{"id":"a1","username":"U","chats":[{"id":"c1","text":"hi","account":{"username":"U"}}]}}}`, 3},
				{`{ node(id: "x") { __typename id ... on Chat { account { chats { id } } } } }`, `{"data":{"node":{"__typename":"Chat","id":"c1","account":{"chats":[{"id":"c1"}]}}}}`, 2},
			},
		},
		{
			name: "keys that are objects, lists and each other's",
			sdls: map[string]string{
				"a": variantLink + `type Query { x: X } type X @key(fields: "y { id z { n } }") { y: Y } type Y { id: ID! @shareable z: Z @shareable } type Z { n: Int @shareable }`,
				"b": variantLink + `type X @key(fields: "y { id z { n } }") @key(fields: "k { id }") { y: Y k: K far: String } type Y { id: ID! @shareable z: Z @shareable } type Z { n: Int @shareable } type K @key(fields: "id") { id: ID! }`,
				"c": variantLink + `type X @key(fields: "k { id t }") { k: K deep: String } type K @key(fields: "id") { id: ID! t: String @shareable }`,
				"d": variantLink + `type K @key(fields: "id") { id: ID! t: String @shareable }`,
			},
			table: `{"objects": {"x": {"__typename": "X", "y": {"id": "y", "z": {"n": 1}}, "k": {"$ref": "k"}, "far": "f", "deep": "d"}, "k": {"__typename": "K", "id": "k", "t": "t"}}, "roots": {"Query": {"x": {"$ref": "x"}}}}`,
			asks: []ask{
				{`{ x { far } }`, `{"data":{"x":{"far":"f"}}}`, 2},
				{`{ x { deep } }`, `{"data":{"x":{"deep":"d"}}}`, 4},
				{`{ x { y { id } z: k { t id } } }`, `{"data":{"x":{"y":{"id":"y"},"z":{"t":"t","id":"k"}}}}`, 3},
			},
		},
	}
}

// TestVariants asks what gateways get wrong.
func TestVariants(t *testing.T) {
	t.Parallel()
	for _, v := range variants() {
		table, err := testsubgraph.ReadTable([]byte(v.table))
		if err != nil {
			t.Fatal(v.name, err)
		}
		for i, c := range v.asks {
			t.Run(fmt.Sprint(v.name, " ", i), func(t *testing.T) {
				t.Parallel()
				g := startGraph(t, v.sdls, table, nil)
				if diff := cmp.Diff(c.want, string(g.answer(t, c.query))); diff != "" {
					t.Errorf("%s\n%s", diff, g.plan)
				}
				if n := g.requests(); n > c.requests {
					t.Errorf("%d requests, want %d\n%s", n, c.requests, g.plan)
				}
			})
		}
	}
}
