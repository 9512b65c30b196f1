package resolver

import (
	"context"

	"devportal.internal/graph/authorize"
	"devportal.internal/graph/loader"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/kubernetes"
	"devportal.internal/subgraphs/kubernetes/postgres"
)

// Resolver is the root of all resolvers. Make one with [New].
type Resolver struct {
	store     *postgres.Store
	log       *events.Log
	gate      authorize.Gate
	workloads *loader.Source[string, []kubernetes.Stored] // by entity
}

// New makes the resolvers over a store and the event log, deciding with the gate.
func New(store *postgres.Store, log *events.Log, gate authorize.Gate) *Resolver {
	r := &Resolver{store: store, log: log, gate: gate}
	r.workloads = loader.New(func(ctx context.Context, ids []string) (map[string][]kubernetes.Stored, error) {
		access, err := r.access(ctx)
		if err != nil {
			return nil, err
		}
		return store.OfEntities(ctx, ids, access)
	})
	return r
}

// access is what the caller may see of workloads: those of the entities that may be read, of which the resources may be
// read. Who may read no resources at all is refused.
func (r *Resolver) access(ctx context.Context) (authz.Decision, error) {
	resources, err := r.gate.Require(ctx, "kubernetes.access", authz.KubernetesResourcesRead)
	if err != nil {
		return authz.Deny(), err
	}
	entities, err := r.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil {
		return authz.Deny(), err
	}
	return resources.And(entities), nil
}
