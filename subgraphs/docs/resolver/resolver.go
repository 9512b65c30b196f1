package resolver

import (
	"context"

	"devportal.internal/graph/authorize"
	"devportal.internal/graph/loader"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/postgres"
)

// Resolver is the root of all resolvers. Make one with [New].
type Resolver struct {
	store *postgres.Store
	log   *events.Log
	gate  authorize.Gate
	sites *loader.Source[string, docs.Site] // by entity
	lists *loader.Source[postgres.Range, []postgres.PageRow]
	pages *loader.Source[docs.PageKey, postgres.PageRow]
	html  *loader.Source[docs.PageKey, string]
}

// New makes the resolvers over a store and the event log, deciding with the gate.
func New(store *postgres.Store, log *events.Log, gate authorize.Gate) *Resolver {
	r := &Resolver{store: store, log: log, gate: gate}
	r.sites = visible(r, store.Sites)
	r.lists = visible(r, store.Pages)
	r.pages = visible(r, store.PagesByPath)
	r.html = visible(r, store.HTML)
	return r
}

// visible loads under the access of whoever asks.
func visible[K comparable, V any](r *Resolver, fetch func(context.Context, []K, entityindex.Predicate) (map[K]V, error)) *loader.Source[K, V] {
	return loader.New(func(ctx context.Context, keys []K) (map[K]V, error) {
		access, err := r.access(ctx)
		if err != nil {
			return nil, err
		}
		return fetch(ctx, keys, access)
	})
}

// access is what the caller may see of documentation: that of the entities that may be read. Who may read none at all is
// refused.
func (r *Resolver) access(ctx context.Context) (authz.Decision, error) { return Access(ctx, r.gate) }

// Access is what the caller may see of documentation.
func Access(ctx context.Context, gate authorize.Gate) (authz.Decision, error) {
	sites, err := gate.Require(ctx, "docs.access", authz.DocsRead)
	if err != nil {
		return authz.Deny(), err
	}
	entities, err := gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil {
		return authz.Deny(), err
	}
	return sites.And(entities), nil
}
