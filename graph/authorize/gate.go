package authorize

import (
	"context"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
)

// Decider decides for a principal. [authz.Authorizer] is one.
type Decider interface {
	Decide(ctx context.Context, principal auth.Principal, permission authz.Permission) (authz.Decision, error)
}

// Gate decides for whoever is asking: the principal of the context.
type Gate struct {
	decider Decider
}

// NewGate makes a gate.
func NewGate(decider Decider) Gate { return Gate{decider: decider} }

// Access gives the decision on a permission, to read rows under. Nobody asking is an unauthenticated fault.
func (g Gate) Access(ctx context.Context, permission authz.Permission) (authz.Decision, error) {
	principal, err := auth.Require(ctx)
	if err != nil {
		return authz.Deny(), err
	}
	return g.decider.Decide(ctx, principal, permission)
}

// Require gives the decision, or a forbidden fault of the operation when nothing at all is allowed. A conditional
// decision passes: ask it about the row.
func (g Gate) Require(ctx context.Context, op string, permission authz.Permission) (authz.Decision, error) {
	decision, err := g.Access(ctx, permission)
	if err != nil {
		return authz.Deny(), err
	}
	return decision, decision.Require(op)
}
