package portal

import (
	"context"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/policy"
)

// Policies keeps the access policies. [policy.Store] does.
type Policies interface {
	Current(ctx context.Context) (policy.Version, error)
	History(ctx context.Context, part entityindex.Keyset) ([]policy.Version, error)
	Bindings(ctx context.Context, number int64) ([]authz.Binding, error)
	Update(ctx context.Context, c policy.Change) (policy.Result, error)
}

// Memory is what the portal remembers of what was done. [audit.Log] is.
type Memory interface {
	Newest(ctx context.Context, filter audit.Filter, part entityindex.Keyset) ([]audit.Record, error)
	Count(ctx context.Context, filter audit.Filter) (int, error)
}

// Explainer says why somebody may do something. [authz.Authorizer] does.
type Explainer interface {
	Decide(ctx context.Context, p auth.Principal, permission authz.Permission) (authz.Decision, error)
	Explain(p auth.Principal, permission authz.Permission) (authz.Explanation, error)
}

// People are the users of the catalog.
type People interface {
	ByRef(ctx context.Context, visible entityindex.Predicate, refs []string) (map[string]entityindex.Entity, error)
	GroupsOf(ctx context.Context, user string) ([]string, error)
	People(ctx context.Context) ([]entityindex.Person, error)
}

// Administration is what admins do: policies, explanations, the audit log.
type Administration struct {
	policies Policies
	memory   Memory
	access   Explainer
	people   People
}

// NewAdministration makes it over what it asks.
func NewAdministration(policies Policies, memory Memory, access Explainer, people People) *Administration {
	return &Administration{policies: policies, memory: memory, access: access, people: people}
}

// admit refuses whoever has not the permission for everything.
func (a *Administration) admit(ctx context.Context, op string, permission authz.Permission) (auth.Principal, error) {
	principal, err := auth.Require(ctx)
	if err != nil {
		return auth.Principal{}, err
	}
	decision, err := a.access.Decide(ctx, principal, permission)
	if err != nil {
		return auth.Principal{}, err
	}
	if !decision.Allowed() {
		return auth.Principal{}, authz.Deny().Require(op)
	}
	return principal, nil
}
