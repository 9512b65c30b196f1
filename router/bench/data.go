package main

import (
	"fmt"

	"devportal.internal/router/internal/testsubgraph"
)

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires", "@provides", "@shareable"])
`

// names are the subgraphs in a fixed order; each is served at /<name>.
func names() []string { return []string{"people", "catalog", "reviews", "stock"} }

func sdl(name string) string {
	switch name {
	case "people":
		return link + `type Query { people: [Person!]! }
type Person @key(fields: "id") { id: ID! handle: String! @shareable name: String! }`
	case "catalog":
		return link + `type Query { topItems: [Item!]! }
type Item @key(fields: "sku") { sku: ID! title: String! price: Int! weight: Int! }`
	case "reviews":
		return link + `type Review @key(fields: "id") { id: ID! text: String! author: Person! @provides(fields: "handle") item: Item! }
type Person @key(fields: "id") { id: ID! handle: String! @external reviews: [Review!]! }
type Item @key(fields: "sku") { sku: ID! reviews: [Review!]! }`
	default:
		return link + `type Item @key(fields: "sku") { sku: ID! price: Int! @external weight: Int! @external inStock: Boolean! shipping: Int! @requires(fields: "price weight") }`
	}
}

const operation = `query Bench {
  people { ...P reviews { ...R item { ...I reviews { ...R author { ...P reviews { ...R item { ...I } } } } } } }
  topItems { ...I reviews { ...R author { ...P reviews { ...R item { ...I } } } } }
}
fragment P on Person { id handle name }
fragment R on Review { id text }
fragment I on Item { sku title price weight inStock shipping }`

const (
	people          = 6
	items           = 9
	reviewsOfPerson = 4
	top             = 5
)

// table is the data of all four subgraphs: every person has written reviews of items, in turn.
func table() *testsubgraph.Table {
	t := &testsubgraph.Table{Objects: map[string]testsubgraph.Object{}}
	reviewsOf := map[string][]any{}
	for n := range people * reviewsOfPerson {
		person, item := fmt.Sprintf("person-%d", n%people), fmt.Sprintf("item-%d", n*5%items)
		review := fmt.Sprintf("review-%d", n)
		t.Objects[review] = testsubgraph.Object{
			"__typename": "Review", "id": review, "author": ref(person), "item": ref(item),
			"text": fmt.Sprintf("What I think of it, number %d: does what it says, and came in time.", n),
		}
		reviewsOf[person] = append(reviewsOf[person], ref(review))
		reviewsOf[item] = append(reviewsOf[item], ref(review))
	}
	t.Roots = map[string]testsubgraph.Object{"Query": {"people": addPeople(t, reviewsOf), "topItems": addItems(t, reviewsOf)[:top]}}
	return t
}

func addPeople(t *testsubgraph.Table, reviewsOf map[string][]any) []any {
	var all []any
	for n := range people {
		id := fmt.Sprintf("person-%d", n)
		t.Objects[id] = testsubgraph.Object{
			"__typename": "Person", "id": id, "handle": fmt.Sprintf("@handle-%d", n), "name": fmt.Sprintf("Name of Person %d", n),
			"reviews": reviewsOf[id],
		}
		all = append(all, ref(id))
	}
	return all
}

func addItems(t *testsubgraph.Table, reviewsOf map[string][]any) []any {
	var all []any
	for n := range items {
		id := fmt.Sprintf("item-%d", n)
		t.Objects[id] = testsubgraph.Object{
			"__typename": "Item", "sku": id, "title": fmt.Sprintf("A thing of kind %d", n), "price": 899 + 13*n, "weight": 100 + n,
			"inStock": n%3 > 0, "shipping": 50 + n, "reviews": append([]any{}, reviewsOf[id]...),
		}
		all = append(all, ref(id))
	}
	return all
}

func ref(name string) any { return map[string]any{"$ref": name} }
