package view

import (
	"context"
	"encoding/json"
	"slices"

	"devportal.internal/graph/authorize"
	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/loader"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/postgres"
)

// Graph reads what hangs on templates, tasks and entities, in batches and under the access of whoever asks.
type Graph struct {
	gate     authorize.Gate
	entities *loader.Source[string, *entityindex.Entity]   // by id
	byRef    *loader.Source[string, *entityindex.Entity]   // by reference
	hidden   *loader.Source[string, bool]                  // by reference: there is something that may not be seen
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
		gate: gate, entities: entities(store.Entities), byRef: entities(store.EntitiesByRef), steps: loader.New(store.Steps), hidden: hiddenRefs(store, gate),
		creators: loader.New(func(ctx context.Context, refs []string) (map[string]*scaffolder.Task, error) {
			access, err := gate.Access(ctx, authz.ScaffolderTaskRead)
			if err != nil || access.Denied() {
				return nil, err
			}
			return store.Creators(ctx, refs, access)
		}),
	}
}

// hiddenRefs says of refs whether they name something that whoever is asking may not see.
func hiddenRefs(store *postgres.Store, gate authorize.Gate) *loader.Source[string, bool] {
	return loader.New(func(ctx context.Context, refs []string) (map[string]bool, error) {
		access, err := gate.Access(ctx, authz.CatalogEntityRead)
		if err != nil {
			return nil, err
		}
		return store.Hidden(ctx, refs, access)
	})
}

// withoutHidden gives a JSON value without the refs of what may not be seen. Who sees everything costs no statement.
func (g *Graph) withoutHidden(ctx context.Context, namespace string, value json.RawMessage) (json.RawMessage, error) {
	access, err := g.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil || access.Allowed() || len(value) == 0 {
		return value, err
	}
	refs := entityindex.FullRefs(namespace)
	named, err := refs.In(value)
	if err != nil {
		return nil, fault.Internal("scaffolder.refs", err)
	}
	if len(named) == 0 {
		return value, nil
	}
	answers, err := g.hidden.LoadAll(ctx, named)
	if err != nil {
		return nil, err
	}
	hidden := map[string]bool{}
	for i, ref := range named {
		hidden[ref] = answers[i]
	}
	return refs.Without(value, hidden)
}

// unlessHidden gives a ref, or nil where it names something that may not be seen.
func (g *Graph) unlessHidden(ctx context.Context, ref string) (*string, error) {
	hidden, err := g.hidden.Load(ctx, ref)
	if err != nil || hidden {
		return nil, err
	}
	return &ref, nil
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
func (g *Graph) Scaffolding(ctx context.Context, of *interfaceobject.CatalogEntity) (*EntityScaffolding, error) {
	g.entities.Expect(ctx, of.Siblings(), of.Siblings().UIDs)
	entity, err := g.entities.Load(ctx, of.UID)
	if err != nil || entity == nil {
		return nil, err
	}
	g.expectSiblings(ctx, of.Siblings())
	task, err := g.creators.Load(ctx, entity.Ref)
	if err != nil {
		return nil, err
	}
	template, err := g.templateOf(ctx, sourceTemplate(entity))
	if err != nil || (template == nil && task == nil) {
		return nil, err
	}
	shown := &EntityScaffolding{Template: template}
	if task != nil {
		shown.Task = g.Task(task)
	}
	return shown, nil
}

// expectSiblings tells what is wanted next of all entities that were asked for together; they have been read by now.
func (g *Graph) expectSiblings(ctx context.Context, of *interfaceobject.Siblings) {
	read := func() []*entityindex.Entity {
		all, _ := g.entities.LoadAll(ctx, of.UIDs()) // an error is that of the field that loads for itself
		return slices.DeleteFunc(all, func(e *entityindex.Entity) bool { return e == nil })
	}
	g.creators.Expect(ctx, of, func() (refs []string) {
		for _, e := range read() {
			refs = append(refs, e.Ref)
		}
		return refs
	})
	g.byRef.Expect(ctx, of, func() (refs []string) {
		for _, e := range read() {
			if ref := sourceTemplate(e); ref != "" {
				refs = append(refs, ref)
			}
		}
		return refs
	})
}

// sourceTemplate is the reference of the template that an entity says it was made from; "" when it does not.
func sourceTemplate(e *entityindex.Entity) string {
	return scaffolder.CompleteRef(e.Annotations[scaffolder.AnnotationSourceTemplate], "template")
}

// EntityScaffolding is how an entity came to be.
type EntityScaffolding struct {
	Template *ScaffolderTemplate
	Task     *ScaffolderTask
}
