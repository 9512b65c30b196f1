package resolver

import (
	"context"

	"devportal.internal/graph/server"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/catalog/view"
)

// changes follows the log for one subscriber. The channel is closed when the context ends, or something else does not
// let it go on, of which the subscriber is told.
func (r *Resolver) changes(ctx context.Context, after *string, filter *catalog.EntityFilter) (<-chan *view.CatalogChange, error) {
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
	start, err := r.Changes.Start(ctx, entityindex.Topic, after)
	if err != nil {
		return nil, err
	}
	subscription, err := r.Changes.Subscribe(ctx, entityindex.Topic, start, events.Filter{})
	if err != nil {
		return nil, err
	}
	// The executor, which reads the channel until it is closed, waits for the goroutine.
	out := make(chan *view.CatalogChange)
	go func() {
		defer close(out)
		defer subscription.Close()
		server.EndStream(ctx, r.follow(ctx, subscription, filter, out))
	}()
	return out, nil
}

func (r *Resolver) follow(
	ctx context.Context, subscription *events.Subscription, filter *catalog.EntityFilter, out chan<- *view.CatalogChange,
) error {
	for {
		event, err := subscription.Next(ctx)
		if err != nil {
			return err
		}
		change, err := entityindex.ParseChange(event)
		if err != nil {
			return err
		}
		seen, err := r.Graph.Change(ctx, event.Cursor.String(), change, filter)
		if err != nil {
			return err
		}
		if seen == nil {
			continue
		}
		select {
		case out <- seen:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
