package resolver

import (
	"context"

	"devportal.internal/subgraphs/portal"
)

// Resolver is the root of all resolvers.
type Resolver struct {
	Portal   Portal
	Accounts *portal.Accounts
}

// idOrNull is null for "".
func idOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Portal answers what belongs to the portal itself.
type Portal interface {
	Viewer(ctx context.Context) (*portal.Viewer, error)
	Nodes(ctx context.Context, ids []string) ([]portal.Stub, error)
}
