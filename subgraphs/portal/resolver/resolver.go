package resolver

import (
	"context"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/policy"
	"devportal.internal/subgraphs/portal"
)

// Resolver is the root of all resolvers.
type Resolver struct {
	Portal         Portal
	Accounts       *portal.Accounts
	Administration Administration
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

// Administration is what admins do.
type Administration interface {
	Policies(ctx context.Context, first *int32, after *string, last *int32, before *string) (*portal.PolicyConnection, error)
	UpdatePolicy(ctx context.Context, change policy.Change) (*portal.PolicyUpdate, error)
	Explain(ctx context.Context, q portal.Question) (*portal.AccessExplanation, error)
	AuditEvents(ctx context.Context, filter audit.Filter, first *int32, after *string, last *int32, before *string) (*portal.AuditEventConnection, error)
}
