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

// CatalogEntityConnection is a page of entities.
type CatalogEntityConnection struct {
	relay.Connection[CatalogEntity]
	list string
}

// CatalogEntityEdge is an entity in a page, and its cursor.
type CatalogEntityEdge struct {
	Cursor string
	Node   CatalogEntity
}

// Edges are the entities on the page, each with its cursor.
func (c *CatalogEntityConnection) Edges() []*CatalogEntityEdge {
	edges := make([]*CatalogEntityEdge, len(c.Nodes))
	for i, node := range c.Nodes {
		edges[i] = &CatalogEntityEdge{Cursor: relay.EncodeCursor(c.list, node.Subject().Ref), Node: node}
	}
	return edges
}

// ApiConnection is a page of APIs.
type ApiConnection struct {
	relay.Connection[*API]
}

// Relations are a page of what the entity is related to.
func (v entity) Relations(ctx context.Context, types []string, first *int32, after *string) (*EntityRelationConnection, error) {
	page, err := relay.Forward(first, after).Page(listRelations, 2)
	if err != nil {
		return nil, err
	}
	types = slices.Sorted(slices.Values(types))
	wanted := catalog.RelationsOf{Ref: v.e.Ref, Types: strings.Join(slices.Compact(types), "\n"), Limit: page.Fetch()}
	if page.After != nil {
		wanted.AfterType, wanted.AfterTarget = page.After[0], page.After[1]
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
	found, info := relay.Cut(page, read, func(r catalog.EntityRelation) []string { return []string{r.Type, r.TargetRef} })
	whole := catalog.RelationsOf{Ref: wanted.Ref, Types: wanted.Types}
	count := func(ctx context.Context) (int, error) { return v.g.relationCounts.Load(ctx, whole) }
	return &EntityRelationConnection{relay.Connection[*EntityRelation]{
		Nodes: v.g.relationViews(found), PageInfo: info, Count: knownCount(page, info, len(found), count),
	}}, nil
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
	ctx context.Context, relation, kind string, first *int32, after *string,
) (*CatalogEntityConnection, error) {
	page, err := relay.Forward(first, after).Page(listRelated, 1)
	if err != nil {
		return nil, err
	}
	whole := catalog.RelatedTo{Ref: v.e.Ref, Type: relation, Kind: kind}
	wanted := whole
	wanted.Limit = page.Fetch()
	if page.After != nil {
		wanted.After = page.After[0]
	}
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
func (v entity) relatedAPIs(ctx context.Context, relation string, first *int32, after *string) (*ApiConnection, error) {
	page, err := v.related(ctx, relation, "api", first, after)
	if err != nil {
		return nil, err
	}
	return &ApiConnection{relay.Connection[*API]{Nodes: as[*API](page.Nodes), PageInfo: page.PageInfo, Count: page.Count}}, nil
}

// connection makes a page of entities of what was read for it.
func (g *Graph) connection(
	page relay.Page, read []*catalog.Entity, count func(context.Context) (int, error),
) *CatalogEntityConnection {
	found, info := relay.Cut(page, read, func(e *catalog.Entity) []string { return []string{e.Ref} })
	return &CatalogEntityConnection{list: page.List, Connection: relay.Connection[CatalogEntity]{
		Nodes: g.all(found), PageInfo: info, Count: knownCount(page, info, len(found), count),
	}}
}

// knownCount counts without asking where the page is the whole list.
func knownCount(
	page relay.Page, info relay.PageInfo, length int, count func(context.Context) (int, error),
) func(context.Context) (int, error) {
	if page.After == nil && page.Before == nil && !info.HasNextPage && !info.HasPreviousPage && page.Limit > 0 {
		return func(context.Context) (int, error) { return length, nil }
	}
	return count
}
