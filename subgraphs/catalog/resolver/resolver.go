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
	Gate   authorize.Gate
	Graph  *view.Graph
	Keeper Keeper
	// Log is what changes of entities are told on.
	Log *events.Log
}

// Keeper reads locations.
type Keeper interface {
	Register(ctx context.Context, kind, target string) (*catalog.Location, error)
	Unregister(ctx context.Context, id string) error
	Refresh(ctx context.Context, locationID string) error
}
