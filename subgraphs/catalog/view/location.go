package view

import (
	"context"
	"time"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/authz"
	"devportal.internal/subgraphs/catalog"
)

// TypeCatalogLocation is the type part of a location's global id.
const TypeCatalogLocation = "CatalogLocation"

// CatalogLocation is a view of a location.
type CatalogLocation struct {
	l *catalog.Location
	g *Graph
}

// IsNode says that a location has a global id.
func (*CatalogLocation) IsNode() {}

// IsEntity says that the router may fetch a location by its key.
func (*CatalogLocation) IsEntity() {}

// ID is the global id.
func (v *CatalogLocation) ID() string { return relay.EncodeID(TypeCatalogLocation, v.l.ID) }

// Type is how the target is read.
func (v *CatalogLocation) Type() string { return v.l.Type }

// Target is where it is.
func (v *CatalogLocation) Target() string { return v.l.Target }

// Registered says that a client registered it.
func (v *CatalogLocation) Registered() bool { return v.l.Registered }

// LastReadAt is when it was last read.
func (v *CatalogLocation) LastReadAt() *time.Time {
	if v.l.LastReadAt.IsZero() {
		return nil
	}
	return &v.l.LastReadAt
}

// LocationError is what went wrong in one file.
type LocationError struct {
	Code, Target, Message string
	Line                  *int
}

// Errors are what went wrong when it was last read. They may name any entity, so that only who sees all of them is told.
func (v *CatalogLocation) Errors(ctx context.Context) ([]*LocationError, error) {
	access, err := v.g.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil || !access.Allowed() {
		return []*LocationError{}, err
	}
	errs := make([]*LocationError, len(v.l.Errors))
	for i, e := range v.l.Errors {
		errs[i] = &LocationError{Code: e.Code, Target: e.Target, Message: e.Message}
		if e.Line > 0 {
			errs[i].Line = &e.Line
		}
	}
	return errs, nil
}

// Entities are a page of what was read from it.
func (v *CatalogLocation) Entities(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	page, err := relay.Between(first, after, last, before).Page(listRelated, 1)
	if err != nil {
		return nil, err
	}
	wanted := catalog.EntitiesOf{LocationID: v.l.ID, Slice: sliceOf(page)}
	read, err := v.g.ofLocation.Load(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return v.g.connection(page, read, func(ctx context.Context) (int, error) {
		return v.g.ofLocationCounts.Load(ctx, v.l.ID)
	}), nil
}

// LocationView gives the view of a location; null for none.
func (g *Graph) LocationView(l *catalog.Location) *CatalogLocation {
	if l == nil {
		return nil
	}
	return &CatalogLocation{l: l, g: g}
}

// Locations gives the locations with the uids, in their order; null for all of them when locations may not be read.
func (g *Graph) Locations(ctx context.Context, uids []string) ([]*CatalogLocation, error) {
	views := make([]*CatalogLocation, len(uids))
	access, err := g.gate.Access(ctx, authz.CatalogLocationRead)
	if err != nil || access.Denied() {
		return views, err
	}
	locations, err := g.byLocation.LoadAll(ctx, uids)
	for i := range locations {
		views[i] = g.LocationView(locations[i])
	}
	return views, err
}

// CatalogLocationConnection is a page of locations.
type CatalogLocationConnection struct {
	relay.Connection[*CatalogLocation]
}

// CatalogLocationEdge is a location on a page, and its cursor.
type CatalogLocationEdge relay.Edge[*CatalogLocation]

// Edges are the locations on the page, each with its cursor.
func (c *CatalogLocationConnection) Edges() []*CatalogLocationEdge {
	return relay.Edges[CatalogLocationEdge](c.Connection)
}
