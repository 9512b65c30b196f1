package resolver

import (
	"context"

	"devportal.internal/graph/relay"
	"devportal.internal/subgraphs/catalog/view"
)

// uidsOf decodes the ids of representations. What is no id of the type is the uid of nothing: "".
func uidsOf[R any](typeName string, reps []R, id func(R) string) []string {
	uids := make([]string, len(reps))
	for i, rep := range reps {
		uids[i], _ = relay.DecodeIDOf(typeName, id(rep))
	}
	return uids
}

// ofKind answers representations of one kind of entity.
func ofKind[V view.CatalogEntity, R any](ctx context.Context, r *entityResolver, reps []R, id func(R) string) ([]V, error) {
	return view.OfKind[V](ctx, r.Graph, uidsOf(relay.TypeEntity, reps, id))
}
