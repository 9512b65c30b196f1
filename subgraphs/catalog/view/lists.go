package view

import (
	"context"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/catalog"
)

// CatalogChangeKind is what happened to an entity.
type CatalogChangeKind = entityindex.Kind

// CatalogChange is a change of one entity.
type CatalogChange struct {
	Cursor string
	Change CatalogChangeKind
	Ref    string

	uid string
	g   *Graph
}

// Entity is the entity as it is now; null when it was removed.
func (c *CatalogChange) Entity(ctx context.Context) (CatalogEntity, error) {
	if c.Change == entityindex.Removed {
		return nil, nil
	}
	views, err := c.g.ByUIDs(ctx, []string{c.uid})
	if err != nil {
		return nil, err
	}
	return views[0], nil
}

// Change gives the view of a change as whoever is asking sees it; null when it is nothing to them. An entity that the
// filter no longer holds for was, to them, removed.
func (g *Graph) Change(
	ctx context.Context, cursor string, change entityindex.Change, filter *catalog.EntityFilter,
) (*CatalogChange, error) {
	access, err := g.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil {
		return nil, err
	}
	visible := func(e entityindex.Entity) bool { return access.Matches(e) && filter.Matches(&e) }
	kind, ref, ok := change.SeenBy(visible)
	if !ok {
		return nil, nil
	}
	return &CatalogChange{Cursor: cursor, Change: kind, Ref: ref, uid: change.ID(), g: g}, nil
}

// WithoutHiddenOwners gives the filter without owners that whoever is asking may not see: it must not tell what those
// own.
func (g *Graph) WithoutHiddenOwners(ctx context.Context, filter *catalog.EntityFilter) (*catalog.EntityFilter, error) {
	access, err := g.gate.Access(ctx, authz.CatalogEntityRead)
	owners := filter.Owners()
	if err != nil || access.Allowed() || len(owners) == 0 {
		return filter, err
	}
	hidden, err := g.reader.Hidden(ctx, access, owners)
	if err != nil {
		return nil, err
	}
	return filter.WithoutOwners(hidden), nil
}

// Entities gives a page of the entities that a filter holds for.
func (g *Graph) Entities(ctx context.Context, filter *catalog.EntityFilter, args relay.Args) (*CatalogEntityConnection, error) {
	page, err := args.Page(listEntities, 1)
	if err != nil {
		return nil, err
	}
	access, err := g.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil {
		return nil, err
	}
	read, err := g.reader.List(ctx, access, filter, sliceOf(page))
	if err != nil {
		return nil, err
	}
	for _, e := range read {
		g.byRef.Prime(ctx, e.Ref, e)
	}
	return g.connection(page, read, func(ctx context.Context) (int, error) {
		return g.reader.Count(ctx, access, filter)
	}), nil
}

// CatalogLocations gives a page of the locations.
func (g *Graph) CatalogLocations(ctx context.Context, args relay.Args) (*CatalogLocationConnection, error) {
	page, err := args.Page(listLocations, 1)
	if err != nil {
		return nil, err
	}
	if _, err := g.gate.Require(ctx, "catalog.Locations", authz.CatalogLocationRead); err != nil {
		return nil, err
	}
	read, err := g.locations.ListLocations(ctx, sliceOf(page))
	if err != nil {
		return nil, err
	}
	key := func(l *catalog.Location) []string { return []string{l.ID} }
	found := relay.NewConnection(page, read, key, g.locations.CountLocations)
	views := make([]*CatalogLocation, len(found.Nodes))
	for i, l := range found.Nodes {
		views[i] = g.LocationView(l)
	}
	return &CatalogLocationConnection{relay.Shown(found, views).Counted(page)}, nil
}

// sliceOf gives the part of a list that a page by a key of one part stands for.
func sliceOf(page relay.Page) catalog.Slice {
	part := catalog.Slice{Limit: page.Fetch(), Descending: page.Backward}
	if page.After != nil {
		part.After = page.After[0]
	}
	if page.Before != nil {
		part.Before = page.Before[0]
	}
	return part
}
