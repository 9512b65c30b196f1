package view

import (
	"context"

	"devportal.internal/graph/relay"
	"devportal.internal/subgraphs/catalog"
)

// Type is what sort of system it is.
func (v *System) Type() *string { return optional(v.e.Type) }

// Domain is the domain that it is a part of.
func (v *System) Domain(ctx context.Context) (*Domain, error) {
	return one[*Domain](ctx, v.entity, "domain", specRef("domain", "domain"))
}

// Parts are what it consists of.
func (v *System) Parts(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationHasPart, "", relay.Between(first, after, last, before))
}

// Type is what sort of domain it is.
func (v *Domain) Type() *string { return optional(v.e.Type) }

// SubdomainOf is the domain that it is a part of.
func (v *Domain) SubdomainOf(ctx context.Context) (*Domain, error) {
	return one[*Domain](ctx, v.entity, "subdomainOf", specRef("subdomainOf", "domain"))
}

// Parts are what it consists of.
func (v *Domain) Parts(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationHasPart, "", relay.Between(first, after, last, before))
}

// EntityProfile is how a group or a person presents itself.
type EntityProfile struct {
	DisplayName, Email, Picture *string
}

// Type is what sort of group it is.
func (v *Group) Type() string { return v.e.Type }

// Profile is how it presents itself.
func (v *Group) Profile() *EntityProfile { return v.profile() }

// Parent is the group above it.
func (v *Group) Parent(ctx context.Context) (*Group, error) {
	above, err := v.related(ctx, catalog.RelationChildOf, "group", relay.Args{})
	if err != nil || len(above.Nodes) == 0 {
		return nil, err
	}
	parent, _ := above.Nodes[0].(*Group)
	return parent, nil
}

// Children are the groups below it.
func (v *Group) Children(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationParentOf, "", relay.Between(first, after, last, before))
}

// Members are the people in it.
func (v *Group) Members(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationHasMember, "", relay.Between(first, after, last, before))
}

// OwnerOf is what it owns.
func (v *Group) OwnerOf(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationOwnerOf, "", relay.Between(first, after, last, before))
}

// Profile is how the person presents themselves.
func (v *User) Profile() *EntityProfile { return v.profile() }

// MemberOf are the groups that the person is in.
func (v *User) MemberOf(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationMemberOf, "", relay.Between(first, after, last, before))
}

// OwnerOf is what the person owns.
func (v *User) OwnerOf(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationOwnerOf, "", relay.Between(first, after, last, before))
}

// Type is how its targets are read.
func (v *Location) Type() *string { return optional(v.e.Type) }

// Targets are where it leads.
func (v *Location) Targets() []string { return catalog.LocationTargets(v.e.Spec) }

// Type is what sort of thing the template makes.
func (v *Template) Type() string { return v.e.Type }
