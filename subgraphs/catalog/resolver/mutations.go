package resolver

import (
	"context"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/catalog/view"
)

// CodeEntityNotFound is the code of the fault that the ref of no entity causes.
const CodeEntityNotFound = "ENTITY_NOT_FOUND"

func (r *Resolver) register(ctx context.Context, kind, target string) (*catalog.Location, error) {
	if _, err := r.Gate.Require(ctx, "catalog.RegisterLocation", authz.CatalogLocationCreate); err != nil {
		return nil, err
	}
	return r.Keeper.Register(ctx, kind, target)
}

func (r *Resolver) unregister(ctx context.Context, id string) error {
	if _, err := r.Gate.Require(ctx, "catalog.UnregisterLocation", authz.CatalogLocationDelete); err != nil {
		return err
	}
	uid, err := relay.DecodeIDOf(view.TypeCatalogLocation, id)
	if err != nil {
		return fault.Invalid("catalog.UnregisterLocation", "this is not the id of a location").
			WithCode(relay.CodeInvalidID).At("input", "id")
	}
	return r.Keeper.Unregister(ctx, uid)
}

// refresh reads the location of an entity again, and gives the entity as it is then.
func (r *Resolver) refresh(ctx context.Context, ref string) (view.CatalogEntity, error) {
	const op = "catalog.RefreshEntity"
	decision, err := r.Gate.Require(ctx, op, authz.CatalogEntityRefresh)
	if err != nil {
		return nil, err
	}
	found, err := r.Graph.Fresh(ctx, ref)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fault.NotFound(op, "there is no entity %s", ref).WithCode(CodeEntityNotFound).At("input", "ref")
	}
	if !decision.Matches(found.Subject().Entity) {
		return nil, fault.Forbidden(op, "you may not do this").WithCode(authz.CodeForbidden)
	}
	if err := r.Keeper.Refresh(ctx, found.Subject().LocationID); err != nil {
		return nil, err
	}
	return r.Graph.Fresh(ctx, ref)
}
