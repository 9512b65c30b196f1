package main

import (
	"context"
	"slices"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/router/transport"
)

// rights lets the router ask what callers may do: the policies that the schemas name are permissions. What is allowed for
// some rows is allowed here; which rows, the subgraphs decide. A permission that there is not is nobody's.
type rights struct{ access *authz.Authorizer }

// Granted implements [devportal.internal/router.Policies].
func (r rights) Granted(ctx context.Context, _ transport.Caller, permissions []string) ([]bool, error) {
	granted := make([]bool, len(permissions))
	principal, known := auth.FromContext(ctx)
	if !known {
		return granted, nil
	}
	for at, permission := range permissions {
		decision, err := r.access.Decide(ctx, principal, authz.Permission(permission))
		granted[at] = err == nil && !decision.Denied()
	}
	return granted, nil
}

// Version implements [devportal.internal/router.Policies].
func (r rights) Version() uint64 { return r.access.Version() }

// isAdmin says who is shown how the router answers: those who know the whole schema anyway.
func (r rights) isAdmin(ctx context.Context, _ transport.Caller) bool {
	principal, known := auth.FromContext(ctx)
	return known && slices.Contains(r.access.Roles(ctx, principal), authz.RoleAdmin)
}
