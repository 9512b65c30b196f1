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
			asks: []ask{{
				`{ containers { book { upc author { name } } } }`,
				`{"data":{"containers":[{"book":{"upc":"u1","author":{"name":"A"}}},{"book":{"upc":"u2","author":null}},{"book":{"upc":"u3","author":null}},{"book":null}]}}`, 3,
			}},
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
				{
					`{ a: node(id: "p") { id __typename ... on Product { name } ... on Category { n: name } } b: node(id: "c") { ... on Category { name } } c: node(id: "x") { id ... on Product { price } } }`,
					`{"data":{"a":{"id":"p","__typename":"Product","name":"P"},"b":{"name":"C"},"c":null}}`, 2,
				},
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
		{
			name: "a type of two interfaces gets fields from an interface object of each",
			sdls: map[string]string{
				"a": variantLink + `type Query { all: [All!]! named: [Named!]! } union All = A | B interface Named @key(fields: "id") { id: ID! name: String } interface Sized @key(fields: "code") { code: ID! }
					type A implements Named & Sized @key(fields: "id") @key(fields: "code") { id: ID! code: ID! name: String } type B implements Named @key(fields: "id") { id: ID! name: String }`,
				"b": variantLink + `type Named @interfaceObject @key(fields: "id") { id: ID! score: Int friend: Named }`,
				"c": variantLink + `type Sized @interfaceObject @key(fields: "code") { code: ID! size: Int }`,
			},
			table: `{"objects": {"a": {"__typename": "A", "id": "1", "code": "c1", "name": "A1", "score": 1, "size": 10, "friend": {"$ref": "b"}}, "b": {"__typename": "B", "id": "2", "name": "B2", "score": 2, "friend": {"$ref": "a"}}},
				"roots": {"Query": {"all": [{"$ref": "a"}, {"$ref": "b"}], "named": [{"$ref": "b"}, {"$ref": "a"}]}}}`,
			asks: []ask{
				{`{ all { ... on Named { score friend { __typename name } } ... on Sized { size } } }`, `{"data":{"all":[{"score":1,"friend":{"__typename":"B","name":"B2"},"size":10},{"score":2,"friend":{"__typename":"A","name":"A1"}}]}}`, 4},
				{`{ named { score ... on A { size score friend { ... on A { size } } } } }`, `{"data":{"named":[{"score":2},{"score":1,"size":10,"friend":{}}]}}`, 4},
				{`{ named { friend { friend { score } } } }`, `{"data":{"named":[{"friend":{"friend":{"score":2}}},{"friend":{"friend":{"score":1}}}]}}`, 2},
				{`{ named { friend { ... on A { size } } } }`, `{"data":{"named":[{"friend":{"size":10}},{"friend":{}}]}}`, 4},
			},
		},
		{
			name: "keys that clients do not see",
			sdls: map[string]string{
				"a": variantLink + `type Query { p: P } type P @key(fields: "secret { code }") { secret: Secret @inaccessible name: String } type Secret @shareable { code: ID! @inaccessible open: Int }`,
				"b": variantLink + `type P @key(fields: "secret { code }") { secret: Secret @inaccessible more(x: Int = 3 @inaccessible): Int } type Secret @shareable { code: ID! @inaccessible open: Int }`,
			},
			table: `{"objects": {"p": {"__typename": "P", "secret": {"code": "s", "open": 1}, "name": "P", "more": {"$argument": "x"}}}, "roots": {"Query": {"p": {"$ref": "p"}}}}`,
			asks:  []ask{{`{ p { name more } }`, `{"data":{"p":{"name":"P","more":3}}}`, 2}, {`{ p { secret: more } }`, `{"data":{"p":{"secret":3}}}`, 2}},
		},
		{
			name: "root types of other names",
			sdls: map[string]string{
				"a": variantLink + `schema { query: Root mutation: Changes } type Root { a: Int deep: Deep } type Deep { root: Root } type Changes { set: Done } type Done { root: Root p: P } type P @key(fields: "id") { id: ID! }`,
				"b": variantLink + `schema { query: Q } type Q { b: Int } type P @key(fields: "id") { id: ID! n: Int }`,
			},
			table: `{"objects": {"p": {"__typename": "P", "id": "p", "n": 5}}, "roots": {"Root": {"a": 1, "deep": {"root": {}}}, "Q": {"b": 2}, "Changes": {"set": {"root": {}, "p": {"$ref": "p"}}}}}`,
			asks: []ask{
				{`{ __typename a b deep { root { __typename a b } } }`, `{"data":{"__typename":"Query","a":1,"b":2,"deep":{"root":{"__typename":"Query","a":1,"b":2}}}}`, 3},
				{`mutation { __typename set { p { n } root { b } } }`, `{"data":{"__typename":"Mutation","set":{"p":{"n":5},"root":{"b":2}}}}`, 3},
				{`query { ... on Query { a } ... { b } }`, `{"data":{"a":1,"b":2}}`, 2},
			},
		},
		{
			name: "requires at every level of a recursion, levels to one subgraph in turn",
			sdls: map[string]string{
				"a": variantLink + `type Query { n: Node } type Node @key(fields: "id") { id: ID! weight(unit: String): Int next: Node }`,
				"b": variantLink + `type Node @key(fields: "id") { id: ID! weight(unit: String): Int @external next: Node @external
					heavy: Boolean @requires(fields: "weight(unit: \"kg\")") sum: Int @requires(fields: "weight(unit: \"g\") next { weight(unit: \"kg\") id }") }`,
			},
			table: `{"objects": {"n1": {"__typename": "Node", "id": "1", "weight": {"$by": "unit", "is": {"kg": 1, "g": 1000, "": 7}}, "next": {"$ref": "n2"}, "heavy": false, "sum": 11},
				"n2": {"__typename": "Node", "id": "2", "weight": {"$by": "unit", "is": {"kg": 2, "g": 2000, "": 8}}, "next": null, "heavy": true, "sum": 22}}, "roots": {"Query": {"n": {"$ref": "n1"}}}}`,
			asks: []ask{
				{`{ n { heavy sum weight next { heavy sum weight: id w: weight(unit: "kg") next { heavy } } } }`, `{"data":{"n":{"heavy":false,"sum":11,"weight":7,"next":{"heavy":true,"sum":22,"weight":"2","w":2,"next":null}}}}`, 2},
				{`query ($u: String = "g") { n { weight(unit: $u) sum } }`, `{"data":{"n":{"weight":1000,"sum":11}}}`, 2},
			},
		},
		{
			name: "shared root fields with arguments, aliased",
			sdls: map[string]string{
				"a": variantLink + `type Query { p(id: ID!): P @shareable } type P @shareable { id: ID! a: Int @shareable }`,
				"b": variantLink + `type Query { p(id: ID!): P @shareable } type P { id: ID! @shareable b: Int }`,
			},
			table: `{"objects": {"p1": {"__typename": "P", "id": "1", "a": 1, "b": 2}, "p2": {"__typename": "P", "id": "2", "a": 3, "b": 4}}, "roots": {"Query": {"p": {"$find": "P"}}}}`,
			asks: []ask{
				{`query ($x: ID! = "2") { one: p(id: "1") { a b } two: p(id: $x) { id b a } none: p(id: "3") { a b } }`, `{"data":{"one":{"a":1,"b":2},"two":{"id":"2","b":4,"a":3},"none":null}}`, 2},
				{`{ one: p(id: "1") { b } two: p(id: "2") { b id } }`, `{"data":{"one":{"b":2},"two":{"b":4,"id":"2"}}}`, 1},
			},
		},
		{
			name: "provided through lists, and what is not provided beside it",
			sdls: map[string]string{
				"a": variantLink + `type Query { shelves: [[Shelf]] @provides(fields: "boxes { item { name maker { name } } }") plain: [Shelf] } type Shelf @key(fields: "id") { id: ID! boxes: [Box] @external }
					type Box { item: Item @external } type Item @key(fields: "id") { id: ID! @external name: String @external maker: Maker @external } type Maker @key(fields: "id") { id: ID! name: String @external }`,
				"b": variantLink + `type Shelf @key(fields: "id") { id: ID! boxes: [Box] @shareable } type Box @shareable { item: Item label: String } type Item @key(fields: "id") { id: ID! name: String @shareable maker: Maker @shareable price: Int } type Maker @key(fields: "id") { id: ID! name: String @shareable town: String }`,
			},
			table: `{"objects": {"s": {"__typename": "Shelf", "id": "s", "boxes": [{"item": {"$ref": "i"}, "label": "L"}, null, {"item": null, "label": "M"}]}, "i": {"__typename": "Item", "id": "i", "name": "I", "price": 4, "maker": {"$ref": "m"}}, "m": {"__typename": "Maker", "id": "m", "name": "Mk", "town": "T"}},
				"roots": {"Query": {"shelves": [[{"$ref": "s"}], null], "plain": [{"$ref": "s"}]}}}`,
			asks: []ask{
				{`{ shelves { boxes { item { name maker { name } } } } }`, `{"data":{"shelves":[[{"boxes":[{"item":{"name":"I","maker":{"name":"Mk"}}},null,{"item":null}]}],null]}}`, 1},
				{`{ shelves { boxes { label item { name maker { name town } } } } }`, `{"data":{"shelves":[[{"boxes":[{"label":"L","item":{"name":"I","maker":{"name":"Mk","town":"T"}}},null,{"label":"M","item":null}]}],null]}}`, 2},
				{`{ plain { boxes { item { name } } } }`, `{"data":{"plain":[{"boxes":[{"item":{"name":"I"}},null,{"item":null}]}]}}`, 2},
			},
		},
		{
			name: "fragments of interfaces of interfaces and of unions, with types that one subgraph alone knows",
			sdls: map[string]string{
				"a": variantLink + `type Query { any: [Any] top: [Top] } union Any = A | B | C interface Top { id: ID! } interface Mid implements Top { id: ID! mid: Int }
					type A implements Top & Mid @key(fields: "id") { id: ID! mid: Int } type B implements Top @key(fields: "id") { id: ID! } type C @key(fields: "id") { id: ID! }`,
				"b": variantLink + `interface Top { id: ID! } interface Other { other: Int } type A implements Other @key(fields: "id") { id: ID! other: Int } type B implements Top & Other @key(fields: "id") { id: ID! other: Int bOnly: [Top] } type D implements Top { id: ID! }
					type C @key(fields: "id") { id: ID! c: Int }`,
			},
			table: `{"objects": {"a": {"__typename": "A", "id": "a", "mid": 1, "other": 10}, "b": {"__typename": "B", "id": "b", "other": 20, "bOnly": [{"$ref": "d"}, {"$ref": "b"}]}, "c": {"__typename": "C", "id": "c", "c": 3}, "d": {"__typename": "D", "id": "d"}},
				"roots": {"Query": {"any": [{"$ref": "a"}, {"$ref": "b"}, null, {"$ref": "c"}], "top": [{"$ref": "b"}, {"$ref": "a"}]}}}`,
			asks: []ask{
				{
					`{ any { __typename ... on Top { id ... on Mid { mid } ... on Other { other } ... on Any { ... on B { bOnly { __typename id } } } } ... on C { c } } }`,
					`{"data":{"any":[{"__typename":"A","id":"a","mid":1,"other":10},{"__typename":"B","id":"b","other":20,"bOnly":[{"__typename":"D","id":"d"},{"__typename":"B","id":"b"}]},null,{"__typename":"C","c":3}]}}`, 2,
				},
				{`{ top { ... on Other { other ... on A { mid } } ... on D { id } } }`, `{"data":{"top":[{"other":20},{"other":10,"mid":1}]}}`, 2},
				{`{ top { id ... on Any { __typename } } }`, `{"data":{"top":[{"id":"b","__typename":"B"},{"id":"a","__typename":"A"}]}}`, 1},
			},
		},
		{
			name: "conditions leave out what nobody needs",
			sdls: map[string]string{
				"a": variantLink + `type Query { p: P } type P @key(fields: "id") { id: ID! price: Int }`,
				"b": variantLink + `type P @key(fields: "id") { id: ID! price: Int @external cheap: Boolean @requires(fields: "price") never: Int }`,
				"c": variantLink + `type P @key(fields: "id") { id: ID! cheap: Boolean @external label: String @requires(fields: "cheap") }`,
			},
			table: `{"objects": {"p": {"__typename": "P", "id": "p", "price": 3, "cheap": true, "never": 0, "label": "L"}}, "roots": {"Query": {"p": {"$ref": "p"}}}}`,
			asks: []ask{
				{`query ($no: Boolean = false, $yes: Boolean = true) { p { id cheap @include(if: $no) label @skip(if: $yes) ... @include(if: $no) { never } } }`, `{"data":{"p":{"id":"p"}}}`, 1},
				{`query ($no: Boolean = false, $yes: Boolean = true) { p { cheap @include(if: $no) label @include(if: $yes) ... on P @skip(if: $no) { price } } }`, `{"data":{"p":{"label":"L","price":3}}}`, 3},
				{`query ($yes: Boolean = true) { p @skip(if: $yes) { label } }`, `{"data":{}}`, 0},
			},
		},
		{
			name: "mutations follow each other, each with what follows from it",
			sdls: map[string]string{
				"a": variantLink + `type Query { a: Int } type Mutation { addA(n: Int): P } type P @key(fields: "id") { id: ID! a: Int }`,
				"b": variantLink + `type Query { b: Int } type Mutation { addB(n: Int): P delB: Boolean } type P @key(fields: "id") { id: ID! b: Int price: Int @external cheap: Boolean @requires(fields: "price") }`,
				"c": variantLink + `type P @key(fields: "id") { id: ID! price: Int }`,
			},
			table: `{"objects": {"p": {"__typename": "P", "id": "p", "a": 1, "b": 2, "price": 3, "cheap": true}}, "roots": {"Query": {"a": 1, "b": 2}, "Mutation": {"addA": {"$ref": "p"}, "addB": {"$ref": "p"}, "delB": true}}}`,
			asks: []ask{
				{`mutation { x: addA(n: 1) { id a } y: addA(n: 2) { a } delB addB(n: 3) { b } }`, `{"data":{"x":{"id":"p","a":1},"y":{"a":1},"delB":true,"addB":{"b":2}}}`, 2},
				{`mutation { addB(n: 1) { cheap } addA(n: 2) { b } delB }`, `{"data":{"addB":{"cheap":true},"addA":{"b":2},"delB":true}}`, 6},
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
