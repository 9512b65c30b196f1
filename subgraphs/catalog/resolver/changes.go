package resolver

import (
	"context"

	"devportal.internal/graph/live"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/catalog/view"
)

// changes follows the log for one subscriber.
func (r *Resolver) changes(
	ctx context.Context, after *string, filter *catalog.EntityFilter,
) (<-chan *view.CatalogChange, error) {
	if _, err := r.Gate.Require(ctx, "catalog.Changes", authz.CatalogEntityRead); err != nil {
		return nil, err
	}
	if err := filter.Check(); err != nil {
		return nil, err
	}
	filter, err := r.Graph.WithoutHiddenOwners(ctx, filter)
	if err != nil {
		return nil, err
	}
	show := func(ctx context.Context, event events.Event) (answer *view.CatalogChange, last bool, err error) {
		change, err := entityindex.ParseChange(event)
		if err != nil {
			return nil, false, err
		}
		answer, err = r.Graph.Change(ctx, event.Cursor.String(), change, filter)
		return answer, false, err
	}
	return live.Follow(ctx, live.Source{Log: r.Log, Topic: entityindex.Topic}, after, show)
}
