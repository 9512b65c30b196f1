package server_test

import (
	"testing"
)

const overview = `query Overview($ref: EntityRef!) {
  entity(ref: $ref) {
    id ref kind title description tags spec annotations { key value } status { code message }
    owner { id ref title }
    ... on Component {
      type lifecycle
      system { ref domain { ref } }
      providesApis(first: 10) { nodes { ref definitionFormat operations(first: 5) { nodes { name summary } } } }
      dependsOn(first: 10) { totalCount nodes { ref kind } }
    }
    relations(first: 50) { totalCount nodes { type targetRef target { ref } } }
    location { target errors { code message target line } }
  }
}`

func TestTheExampleOrganisation(t *testing.T) {
	t.Parallel()
	w := start(t, examples(t), "catalog-info.yaml")
	t.Run("its component is shown with all that it is related to", func(t *testing.T) {
		data := w.ask(overview, map[string]any{"ref": "Component:default/Checkout"})
		entity := data["entity"].(map[string]any)
		if entity["ref"] != "component:default/checkout" {
			t.Fatalf("entity = %v", entity)
		}
		t.Logf("%v", entity)
	})
	t.Run("nothing in it is wrong", func(t *testing.T) {
		data := w.ask(`{ catalogLocations { totalCount nodes { target lastReadAt errors { code message target line } entities(first: 1) { totalCount } } } }`, nil)
		t.Logf("%v", data)
	})
	t.Run("a page costs the same number of statements, however long it is", func(t *testing.T) {
		const list = `query List($n: Int) { catalogCursor entities(first: $n) { totalCount pageInfo { hasNextPage endCursor }
			nodes { ref kind owner { ref } relations(first: 3) { nodes { targetRef target { ref } } } location { target } } } }`
		_, few := w.send(t.Context(), list, map[string]any{"n": 2})
		answer, many := w.send(t.Context(), list, map[string]any{"n": 60})
		if answer["errors"] != nil {
			t.Fatalf("errors: %v", answer["errors"])
		}
		if many != few {
			t.Errorf("2 entities took %d statements, 60 took %d", few, many)
		}
		t.Logf("%d statements", many)
	})
}
