package view

import (
	"context"

	"devportal.internal/graph/loader"
	"devportal.internal/internal/authz"
	"devportal.internal/subgraphs/catalog"
)

// Gate decides for whoever is asking.
type Gate interface {
	Access(ctx context.Context, permission authz.Permission) (authz.Decision, error)
	Require(ctx context.Context, op string, permission authz.Permission) (authz.Decision, error)
}

// Graph is what fields are resolved with. It is made once and immutable.
type Graph struct {
	gate      Gate
	reader    catalog.Reader
	locations catalog.LocationReader

	byID             *loader.Source[string, *catalog.Entity]
	byRef            *loader.Source[string, *catalog.Entity]
	relations        *loader.Source[catalog.RelationsOf, []catalog.EntityRelation]
	relationCounts   *loader.Source[catalog.RelationsOf, int]
	related          *loader.Source[catalog.RelatedTo, []*catalog.Entity]
	relatedCounts    *loader.Source[catalog.RelatedTo, int]
	hidden           *loader.Source[string, bool]
	operations       *loader.Source[string, []catalog.Operation]
	ofLocation       *loader.Source[catalog.EntitiesOf, []*catalog.Entity]
	ofLocationCounts *loader.Source[string, int]
	byLocation       *loader.Source[string, *catalog.Location]
}

// NewGraph makes the graph over a store.
func NewGraph(gate Gate, reader catalog.Reader, locations catalog.LocationReader) *Graph {
	return &Graph{
		gate: gate, reader: reader, locations: locations,
		byID:             guarded(gate, reader.ByID),
		byRef:            guarded(gate, reader.ByRef),
		relations:        guarded(gate, reader.Relations),
		relationCounts:   guarded(gate, reader.CountRelations),
		related:          guarded(gate, reader.Related),
		relatedCounts:    guarded(gate, reader.CountRelated),
		hidden:           guarded(gate, reader.Hidden),
		ofLocation:       guarded(gate, reader.OfLocations),
		ofLocationCounts: guarded(gate, reader.CountOfLocations),
		operations:       loader.New(reader.Operations),
		byLocation:       loader.New(locations.Locations),
	}
}

// guarded makes a source of a read that wants an access: that of whoever is asking.
func guarded[K comparable, V any](
	gate Gate, read func(ctx context.Context, access catalog.Access, keys []K) (map[K]V, error),
) *loader.Source[K, V] {
	return loader.New(func(ctx context.Context, keys []K) (map[K]V, error) {
		access, err := gate.Access(ctx, authz.CatalogEntityRead)
		if err != nil {
			return nil, err
		}
		if access.Denied() {
			return nil, nil
		}
		return read(ctx, access, keys)
	})
}

// ByUIDs gives the views of the entities with the uids, in their order; null where there is none that may be seen.
func (g *Graph) ByUIDs(ctx context.Context, uids []string) ([]CatalogEntity, error) {
	entities, err := g.byID.LoadAll(ctx, uids)
	return g.all(entities), err
}

// ByRef gives the view of the entity with the ref; null when there is none that may be seen.
func (g *Graph) ByRef(ctx context.Context, ref string) (CatalogEntity, error) {
	e, err := g.byRef.Load(ctx, ref)
	return g.Of(e), err
}

// Fresh gives the view of the entity with the ref as it is at this moment, whatever was read before.
func (g *Graph) Fresh(ctx context.Context, ref string) (CatalogEntity, error) {
	access, err := g.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil {
		return nil, err
	}
	found, err := g.reader.ByRef(ctx, access, []string{ref})
	return g.Of(found[ref]), err
}

// all gives views; null for each entity that is nil.
func (g *Graph) all(entities []*catalog.Entity) []CatalogEntity {
	views := make([]CatalogEntity, len(entities))
	page := &siblings{entities}
	for i, e := range entities {
		views[i] = g.beside(e, page)
	}
	return views
}

// as gives the views as those of one kind; nil for each that is of another.
func as[V CatalogEntity](views []CatalogEntity) []V {
	out := make([]V, len(views))
	for i, v := range views {
		out[i], _ = v.(V)
	}
	return out
}

// OfKind gives the entities with the uids as views of one kind; nil where there is none of that kind.
func OfKind[V CatalogEntity](ctx context.Context, g *Graph, uids []string) ([]V, error) {
	views, err := g.ByUIDs(ctx, uids)
	return as[V](views), err
}

// one gives the entity that a field of the entity refers to, as a view of one kind.
func one[V CatalogEntity](ctx context.Context, v entity, field string, refOf func(*catalog.Entity) string) (V, error) {
	var none V
	ref := refOf(v.e)
	if ref == "" {
		return none, nil
	}
	expectOfKind(ctx, v, v.g.byRef, field, func(e *catalog.Entity) []string {
		if ref := refOf(e); ref != "" {
			return []string{ref}
		}
		return nil
	})
	found, err := v.g.ByRef(ctx, ref)
	if err != nil || found == nil {
		return none, err
	}
	view, _ := found.(V)
	return view, nil
}

// system gives the system that the entity is a part of.
func (v entity) system(ctx context.Context) (*System, error) {
	return one[*System](ctx, v, "system", func(e *catalog.Entity) string { return e.System })
}
