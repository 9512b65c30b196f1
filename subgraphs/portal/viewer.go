package portal

import (
	"context"
	"slices"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
)

// Viewer is whoever is asking.
type Viewer struct {
	// Ref is the subject's ref.
	Ref string
	// UserID is the global id of their entry in the catalog; "" when they have none that they may see.
	UserID string
	// Groups are their groups, by ref.
	Groups []string
	// Roles are their roles, in alphabetical order.
	Roles []string
	// Permissions are what they may do, perhaps under conditions, in alphabetical order.
	Permissions []string
}

// Rights says what a principal may do. [authz.Authorizer] does.
type Rights interface {
	Decide(ctx context.Context, p auth.Principal, permission authz.Permission) (authz.Decision, error)
	Roles(ctx context.Context, p auth.Principal) []string
	Permissions(ctx context.Context, p auth.Principal) ([]authz.Permission, error)
	Explain(p auth.Principal, permission authz.Permission) (authz.Explanation, error)
}

// Entities are the catalog's entities as far as the portal knows them.
type Entities interface {
	ByID(ctx context.Context, visible entityindex.Predicate, ids []string) (map[string]entityindex.Entity, error)
	ByRef(ctx context.Context, visible entityindex.Predicate, refs []string) (map[string]entityindex.Entity, error)
}

// Portal answers what belongs to the portal itself.
type Portal struct {
	rights   Rights
	entities Entities
}

// New makes the portal over what it asks.
func New(rights Rights, entities Entities) *Portal {
	return &Portal{rights: rights, entities: entities}
}

// Viewer gives whoever is asking.
func (p *Portal) Viewer(ctx context.Context) (*Viewer, error) {
	principal, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	permissions, err := p.permissions(ctx, principal)
	if err != nil {
		return nil, err
	}
	userID, err := p.userID(ctx, principal)
	if err != nil {
		return nil, err
	}
	return &Viewer{
		Ref: principal.Subject, UserID: userID, Groups: nonNil(principal.Groups), Roles: nonNil(p.rights.Roles(ctx, principal)),
		Permissions: permissions,
	}, nil
}

func (p *Portal) permissions(ctx context.Context, principal auth.Principal) ([]string, error) {
	held, err := p.rights.Permissions(ctx, principal)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(held))
	for i, permission := range held {
		names[i] = string(permission)
	}
	slices.Sort(names)
	return names, nil
}

func (p *Portal) userID(ctx context.Context, principal auth.Principal) (string, error) {
	visible, err := p.rights.Decide(ctx, principal, authz.CatalogEntityRead)
	if err != nil || visible.Denied() {
		return "", err
	}
	found, err := p.entities.ByRef(ctx, visible, []string{principal.Subject})
	if err != nil {
		return "", err
	}
	user, ok := found[principal.Subject]
	if !ok || user.Kind != "User" {
		return "", nil
	}
	return relay.EntityID(user.ID), nil
}

func nonNil(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
