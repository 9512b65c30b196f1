package view

import (
	"context"

	"devportal.internal/graph/authorize"
	"devportal.internal/graph/loader"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/postgres"
)

// Graph reads what hangs on templates, tasks and entities, in batches and under the access of whoever asks.
type Graph struct {
	gate     authorize.Gate
	entities *loader.Source[string, *entityindex.Entity]   // by id
	byRef    *loader.Source[string, *entityindex.Entity]   // by reference
	steps    *loader.Source[string, []scaffolder.TaskStep] // by task
	creators *loader.Source[string, *scaffolder.Task]      // by the reference of an entity
}

// NewGraph makes a graph over a store.
func NewGraph(store *postgres.Store, gate authorize.Gate) *Graph {
	entities := func(find func(context.Context, []string, entityindex.Predicate) (map[string]entityindex.Entity, error)) *loader.Source[string, *entityindex.Entity] {
		return loader.New(func(ctx context.Context, keys []string) (map[string]*entityindex.Entity, error) {
			access, err := gate.Access(ctx, authz.CatalogEntityRead)
			if err != nil {
				return nil, err
			}
			found, err := find(ctx, keys, access)
			visible := make(map[string]*entityindex.Entity, len(found))
			for key, entity := range found {
				visible[key] = &entity
			}
			return visible, err
		})
	}
	return &Graph{
		gate: gate, entities: entities(store.Entities), byRef: entities(store.EntitiesByRef), steps: loader.New(store.Steps),
		creators: loader.New(func(ctx context.Context, refs []string) (map[string]*scaffolder.Task, error) {
			access, err := gate.Access(ctx, authz.ScaffolderTaskRead)
			if err != nil || access.Denied() {
				return nil, err
			}
			return store.Creators(ctx, refs, access)
		}),
	}
}

// TemplateByRef is the template of that reference; nil when there is none that may be seen.
func (g *Graph) TemplateByRef(ctx context.Context, ref string) (*ScaffolderTemplate, error) {
	return g.templateOf(ctx, ref)
}

// templateOf is the template of an entity that may be seen; nil when there is none, or it is none that can be used.
func (g *Graph) templateOf(ctx context.Context, ref string) (*ScaffolderTemplate, error) {
	if ref == "" {
		return nil, nil
	}
	entity, err := g.byRef.Load(ctx, ref)
	if err != nil || entity == nil || !scaffolder.IsTemplate(*entity) {
		return nil, err
	}
	return g.Template(*entity), nil
}

// Scaffolding is how an entity came to be; nil when it may not be seen, or was not created from a template.
func (g *Graph) Scaffolding(ctx context.Context, uid string) (*EntityScaffolding, error) {
	entity, err := g.entities.Load(ctx, uid)
	if err != nil || entity == nil {
		return nil, err
	}
	task, err := g.creators.Load(ctx, entity.Ref)
	if err != nil {
		return nil, err
	}
	template, err := g.templateOf(ctx, scaffolder.CompleteRef(entity.Annotations[scaffolder.AnnotationSourceTemplate], "template"))
	if err != nil || (template == nil && task == nil) {
		return nil, err
	}
	shown := &EntityScaffolding{Template: template}
	if task != nil {
		shown.Task = g.Task(task)
	}
	return shown, nil
}

// EntityScaffolding is how an entity came to be.
type EntityScaffolding struct {
	Template *ScaffolderTemplate
	Task     *ScaffolderTask
}
