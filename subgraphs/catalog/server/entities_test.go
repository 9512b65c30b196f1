package server_test

import (
	"testing"
)

func TestTheRouterFetchesEntitiesByTheirKeys(t *testing.T) {
	t.Parallel()
	w := start(t, examples(t), "catalog-info.yaml")
	listed := w.ask(`{ entities(first: 60) { nodes { id __typename ref } } }`, nil)["entities"].(map[string]any)["nodes"].([]any)
	representations := func(n int, typeName string) (list []any, refs []any) {
		for _, node := range listed {
			fields := node.(map[string]any)
			if len(list) < n && (typeName == "CatalogEntity" || fields["__typename"] == typeName) {
				list = append(list, map[string]any{"__typename": typeName, "id": fields["id"]})
				refs = append(refs, fields["ref"])
			}
		}
		return list, refs
	}
	const fetch = `query($r: [_Any!]!) { _entities(representations: $r) { __typename
		... on CatalogEntity { ref owner { ref } } ... on Component { system { ref domain { ref } } } } }`
	t.Run("as the interface, each of its own type", func(t *testing.T) {
		reps, refs := representations(60, "CatalogEntity")
		found := w.ask(fetch, map[string]any{"r": reps})["_entities"].([]any)
		for i, entity := range found {
			if got := entity.(map[string]any); got["ref"] != refs[i] || got["__typename"] != listed[i].(map[string]any)["__typename"] {
				t.Errorf("%d: %v, want %v", i, got, listed[i])
			}
		}
	})
	t.Run("as their own type, and as no other", func(t *testing.T) {
		reps, refs := representations(1, "Component")
		reps = append(reps, map[string]any{"__typename": "API", "id": reps[0].(map[string]any)["id"]})
		found := w.ask(fetch, map[string]any{"r": reps})["_entities"].([]any)
		if found[0].(map[string]any)["ref"] != refs[0] || found[1] != nil {
			t.Errorf("found %v", found)
		}
	})
	t.Run("in the same number of statements, however many", func(t *testing.T) {
		few, _ := representations(5, "Component")
		many, _ := representations(60, "CatalogEntity")
		_, forFew := w.send(t.Context(), fetch, map[string]any{"r": few})
		_, forMany := w.send(t.Context(), fetch, map[string]any{"r": many})
		if forMany > forFew {
			t.Errorf("5 took %d statements, 60 took %d", forFew, forMany)
		}
	})
}
