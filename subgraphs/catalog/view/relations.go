package view

import (
	"context"
	"slices"
	"strings"

	"devportal.internal/graph/relay"
	"devportal.internal/subgraphs/catalog"
)

// The names of the lists, which their cursors carry.
const (
	listEntities   = "catalog.entities"
	listRelations  = "catalog.relations"
	listRelated    = "catalog.related"
	listOperations = "catalog.operations"
	listLocations  = "catalog.locations"
)

// EntityRelation is how two entities are related.
type EntityRelation struct {
	Type      string
	TargetRef string
	Target    CatalogEntity
}

// EntityRelationConnection is a page of relations.
type EntityRelationConnection struct {
	relay.Connection[*EntityRelation]
}

// EntityRelationEdge is a relation on a page, and its cursor.
type EntityRelationEdge relay.Edge[*EntityRelation]

// Edges are the relations on the page, each with its cursor.
func (c *EntityRelationConnection) Edges() []*EntityRelationEdge {
	return relay.Edges[EntityRelationEdge](c.Connection)
}

// CatalogEntityConnection is a page of entities.
type CatalogEntityConnection struct {
	relay.Connection[CatalogEntity]
}

// CatalogEntityEdge is an entity on a page, and its cursor.
type CatalogEntityEdge relay.Edge[CatalogEntity]

// Edges are the entities on the page, each with its cursor.
func (c *CatalogEntityConnection) Edges() []*CatalogEntityEdge {
	return relay.Edges[CatalogEntityEdge](c.Connection)
}

// ApiConnection is a page of APIs.
type ApiConnection struct {
	relay.Connection[*API]
}

// ApiEdge is an API on a page, and its cursor.
type ApiEdge relay.Edge[*API]

// Edges are the APIs on the page, each with its cursor.
func (c *ApiConnection) Edges() []*ApiEdge { return relay.Edges[ApiEdge](c.Connection) }

// Relations are a page of what the entity is related to.
func (v entity) Relations(ctx context.Context, types []string, first *int32, after *string, last *int32, before *string) (*EntityRelationConnection, error) {
	page, err := relay.Between(first, after, last, before).Page(listRelations, 2)
	if err != nil {
		return nil, err
	}
	types = slices.Sorted(slices.Values(types))
	wanted := catalog.RelationsOf{
		Ref: v.e.Ref, Types: strings.Join(slices.Compact(types), "\n"), Limit: page.Fetch(), Descending: page.Backward,
	}
	if page.After != nil {
		wanted.AfterType, wanted.AfterTarget = page.After[0], page.After[1]
	}
	if page.Before != nil {
		wanted.BeforeType, wanted.BeforeTarget = page.Before[0], page.Before[1]
	}
	shape := wanted
	shape.Ref = ""
	expect(ctx, v, v.g.relations, shape, func(e *catalog.Entity) []catalog.RelationsOf {
		of := shape
		of.Ref = e.Ref
		return []catalog.RelationsOf{of}
	})
	read, err := v.g.relations.Load(ctx, wanted)
	if err != nil {
		return nil, err
	}
	whole := catalog.RelationsOf{Ref: wanted.Ref, Types: wanted.Types}
	count := func(ctx context.Context) (int, error) { return v.g.relationCounts.Load(ctx, whole) }
	key := func(r catalog.EntityRelation) []string { return []string{r.Type, r.TargetRef} }
	found := relay.NewConnection(page, read, key, count)
	return &EntityRelationConnection{relay.Shown(found, v.g.relationViews(found.Nodes)).Counted(page)}, nil
}

func (g *Graph) relationViews(relations []catalog.EntityRelation) []*EntityRelation {
	views := make([]*EntityRelation, len(relations))
	targets := &siblings{make([]*catalog.Entity, len(relations))}
	for i, r := range relations {
		targets.all[i] = r.Target
		views[i] = &EntityRelation{Type: r.Type, TargetRef: r.TargetRef, Target: g.beside(r.Target, targets)}
	}
	return views
}

// related gives a page of the entities that the entity is so related to, of one kind or of all.
func (v entity) related(
	ctx context.Context, relation, kind string, args relay.Args,
) (*CatalogEntityConnection, error) {
	page, err := args.Page(listRelated, 1)
	if err != nil {
		return nil, err
	}
	whole := catalog.RelatedTo{Ref: v.e.Ref, Type: relation, Kind: kind}
	wanted := whole
	wanted.Slice = sliceOf(page)
	shape := wanted
	shape.Ref = ""
	expectOfKind(ctx, v, v.g.related, shape, func(e *catalog.Entity) []catalog.RelatedTo {
		of := shape
		of.Ref = e.Ref
		return []catalog.RelatedTo{of}
	})
	read, err := v.g.related.Load(ctx, wanted)
	if err != nil {
		return nil, err
	}
	count := func(ctx context.Context) (int, error) { return v.g.relatedCounts.Load(ctx, whole) }
	return v.g.connection(page, read, count), nil
}

// relatedAPIs gives a page of the APIs that the entity is so related to.
func (v entity) relatedAPIs(ctx context.Context, relation string, args relay.Args) (*ApiConnection, error) {
	page, err := v.related(ctx, relation, "api", args)
	if err != nil {
		return nil, err
	}
	return &ApiConnection{relay.Shown(page.Connection, as[*API](page.Nodes))}, nil
}

// connection makes a page of entities of what was read for it.
func (g *Graph) connection(
	page relay.Page, read []*catalog.Entity, count func(context.Context) (int, error),
) *CatalogEntityConnection {
	found := relay.NewConnection(page, read, func(e *catalog.Entity) []string { return []string{e.Ref} }, count)
	return &CatalogEntityConnection{relay.Shown(found, g.all(found.Nodes)).Counted(page)}
}
