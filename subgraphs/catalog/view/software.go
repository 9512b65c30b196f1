package view

import (
	"context"

	"devportal.internal/graph/relay"
	"devportal.internal/subgraphs/catalog"
)

// Type is what sort of component it is.
func (v *Component) Type() string { return v.e.Type }

// Lifecycle is how far along it is.
func (v *Component) Lifecycle() string { return v.e.Lifecycle }

// System is the system that it is a part of.
func (v *Component) System(ctx context.Context) (*System, error) {
	return v.system(ctx)
}

// SubcomponentOf is the component that it is a part of.
func (v *Component) SubcomponentOf(ctx context.Context) (*Component, error) {
	return one[*Component](ctx, v.entity, "subcomponentOf", specRef("subcomponentOf", "component"))
}

// ProvidesApis are the APIs that it offers.
func (v *Component) ProvidesApis(ctx context.Context, first *int32, after *string, last *int32, before *string) (*ApiConnection, error) {
	return v.relatedAPIs(ctx, catalog.RelationProvidesAPI, relay.Between(first, after, last, before))
}

// ConsumesApis are the APIs that it uses.
func (v *Component) ConsumesApis(ctx context.Context, first *int32, after *string, last *int32, before *string) (*ApiConnection, error) {
	return v.relatedAPIs(ctx, catalog.RelationConsumesAPI, relay.Between(first, after, last, before))
}

// DependsOn is what it needs.
func (v *Component) DependsOn(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationDependsOn, "", relay.Between(first, after, last, before))
}

// DependencyOf is what needs it.
func (v *Component) DependencyOf(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationDependencyOf, "", relay.Between(first, after, last, before))
}

// Type is what sort of interface it is.
func (v *API) Type() string { return v.e.Type }

// Lifecycle is how far along it is.
func (v *API) Lifecycle() string { return v.e.Lifecycle }

// System is the system that it is a part of.
func (v *API) System(ctx context.Context) (*System, error) { return v.system(ctx) }

// Definition is the definition as written.
func (v *API) Definition() *string { return optional(v.specText("definition")) }

// DefinitionFormat is the API's type.
func (v *API) DefinitionFormat() string { return v.e.Type }

// ApiOperationConnection is a page of operations.
type ApiOperationConnection struct {
	relay.Connection[*ApiOperation]
}

// ApiOperationEdge is an operation on a page, and its cursor.
type ApiOperationEdge relay.Edge[*ApiOperation]

// Edges are the operations on the page, each with its cursor.
func (c *ApiOperationConnection) Edges() []*ApiOperationEdge {
	return relay.Edges[ApiOperationEdge](c.Connection)
}

// ApiOperation is one thing that can be asked of an API.
type ApiOperation struct {
	Name                 string
	Summary, Description *string
	Method, Path         string
	Deprecated           bool
}

// Operations are a page of what the definition describes.
func (v *API) Operations(ctx context.Context, first *int32, after *string, last *int32, before *string) (*ApiOperationConnection, error) {
	page, err := relay.Between(first, after, last, before).Page(listOperations, 2)
	if err != nil {
		return nil, err
	}
	expectOfKind(ctx, v.entity, v.g.operations, nil, func(e *catalog.Entity) []string { return []string{e.ID} })
	operations, err := v.g.operations.Load(ctx, v.e.ID)
	if err != nil {
		return nil, err
	}
	views := make([]*ApiOperation, len(operations))
	for i, o := range operations {
		views[i] = &ApiOperation{
			Name: o.Name, Summary: optional(o.Summary), Description: optional(o.Description),
			Method: o.Method, Path: o.Path, Deprecated: o.Deprecated,
		}
	}
	key := func(o *ApiOperation) []string { return []string{o.Path, o.Method} }
	return &ApiOperationConnection{relay.Slice(views, key, page)}, nil
}

// ProvidedBy are the components that offer it.
func (v *API) ProvidedBy(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationAPIProvidedBy, "", relay.Between(first, after, last, before))
}

// ConsumedBy are the components that use it.
func (v *API) ConsumedBy(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationAPIConsumedBy, "", relay.Between(first, after, last, before))
}

// Type is what sort of resource it is.
func (v *Resource) Type() string { return v.e.Type }

// System is the system that it is a part of.
func (v *Resource) System(ctx context.Context) (*System, error) {
	return v.system(ctx)
}

// DependsOn is what it needs.
func (v *Resource) DependsOn(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationDependsOn, "", relay.Between(first, after, last, before))
}

// DependencyOf is what needs it.
func (v *Resource) DependencyOf(ctx context.Context, first *int32, after *string, last *int32, before *string) (*CatalogEntityConnection, error) {
	return v.related(ctx, catalog.RelationDependencyOf, "", relay.Between(first, after, last, before))
}

// Type is what sort of resource it is.
func (v *AiResource) Type() string { return v.e.Type }

// Lifecycle is how far along it is.
func (v *AiResource) Lifecycle() string { return v.e.Lifecycle }

// System is the system that it is a part of.
func (v *AiResource) System(ctx context.Context) (*System, error) {
	return v.system(ctx)
}
