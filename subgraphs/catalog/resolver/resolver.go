package resolver

import (
	"context"

	"devportal.internal/graph/authorize"
	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/catalog/view"
)

// Resolver is the root of all resolvers.
type Resolver struct {
	Gate    authorize.Gate
	Graph   *view.Graph
	Keeper  Keeper
	Changes Changes
}

// Keeper reads locations.
type Keeper interface {
	Register(ctx context.Context, kind, target string) (*catalog.Location, error)
	Unregister(ctx context.Context, id string) error
	Refresh(ctx context.Context, locationID string) error
}

// Changes is the log that changes of entities are told on.
type Changes interface {
	Head(ctx context.Context, topic string) (events.Cursor, error)
	Start(ctx context.Context, topic string, after *string) (events.Cursor, error)
	Subscribe(ctx context.Context, topic string, after events.Cursor, filter events.Filter) (*events.Subscription, error)
}
