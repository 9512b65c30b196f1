package resolver

import (
	"context"

	"devportal.internal/subgraphs/portal"
)

// Resolver is the root of all resolvers.
type Resolver struct {
	Portal Portal
}

// Portal answers what belongs to the portal itself.
type Portal interface {
	Viewer(ctx context.Context) (*portal.Viewer, error)
	Nodes(ctx context.Context, ids []string) ([]portal.Stub, error)
}
