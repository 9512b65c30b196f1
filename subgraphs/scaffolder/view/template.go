package view

import (
	"context"
	"encoding/json"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/scaffolder"
)

// ScaffolderTemplate is a template as the graph shows it.
type ScaffolderTemplate struct {
	graph    *Graph
	entity   entityindex.Entity
	template scaffolder.Template // empty where the entity says nothing usable
}

// Template shows the template of an entity. One that cannot be used shows neither parameters nor steps.
func (g *Graph) Template(entity entityindex.Entity) *ScaffolderTemplate {
	shown := &ScaffolderTemplate{graph: g, entity: entity}
	if template, err := scaffolder.ParseTemplate(entity); err == nil {
		shown.template = *template
	}
	return shown
}

// Ref is the reference of the template's entity.
func (t *ScaffolderTemplate) Ref() string { return t.entity.Ref }

// Entity is the template's entity.
func (t *ScaffolderTemplate) Entity() *interfaceobject.CatalogEntity {
	return interfaceobject.New(t.entity.ID)
}

// Title is a name for people.
func (t *ScaffolderTemplate) Title() string {
	if t.template.Title != "" {
		return t.template.Title
	}
	if t.entity.Title != "" {
		return t.entity.Title
	}
	return t.entity.Name
}

// Description is what the first page of the form says about itself.
func (t *ScaffolderTemplate) Description() *string {
	for _, page := range t.template.Parameters {
		var described struct{ Description string }
		if json.Unmarshal(page, &described) == nil && described.Description != "" {
			return &described.Description
		}
	}
	return nil
}

func (t *ScaffolderTemplate) shows(ctx context.Context, permission authz.Permission) (bool, error) {
	decision, err := t.graph.gate.Access(ctx, permission)
	return err == nil && decision.Matches(t.entity), err
}

// Parameters are the pages of the form, without the refs of what may not be seen; none for who may not see them.
func (t *ScaffolderTemplate) Parameters(ctx context.Context) ([]any, error) {
	parameters := []any{}
	shown, err := t.shows(ctx, authz.ScaffolderTemplateParameterRead)
	if err != nil || !shown {
		return parameters, err
	}
	for _, page := range t.template.Parameters {
		visible, err := t.graph.withoutHidden(ctx, t.entity.Namespace, page)
		if err != nil {
			return nil, err
		}
		parameters = append(parameters, visible)
	}
	return parameters, nil
}

// SecretsSchema is the schema of the secrets.
func (t *ScaffolderTemplate) SecretsSchema(ctx context.Context) (any, error) {
	shown, err := t.shows(ctx, authz.ScaffolderTemplateParameterRead)
	if err != nil || !shown || len(t.template.SecretsSchema) == 0 {
		return nil, err
	}
	return t.graph.withoutHidden(ctx, t.entity.Namespace, t.template.SecretsSchema)
}

// Steps are what it does; none for who may not see them.
func (t *ScaffolderTemplate) Steps(ctx context.Context) ([]*TemplateStep, error) {
	steps := []*TemplateStep{}
	shown, err := t.shows(ctx, authz.ScaffolderTemplateStepRead)
	if err != nil || !shown {
		return steps, err
	}
	for _, step := range t.template.Steps {
		steps = append(steps, &TemplateStep{ID: step.ID, Name: step.Name, Action: step.Action})
	}
	return steps, nil
}

// TemplateStep is one thing that a template does.
type TemplateStep struct{ ID, Name, Action string }

// ScaffolderTemplateConnection is a page of templates.
type ScaffolderTemplateConnection struct {
	relay.Connection[*ScaffolderTemplate]
}

// ScaffolderTemplateEdge is a template on a page, and its cursor.
type ScaffolderTemplateEdge relay.Edge[*ScaffolderTemplate]

// Edges are the templates on the page, each with its cursor.
func (c *ScaffolderTemplateConnection) Edges() []*ScaffolderTemplateEdge {
	return relay.Edges[ScaffolderTemplateEdge](c.Connection)
}

// Templates shows templates.
func (g *Graph) Templates(entities []entityindex.Entity) []*ScaffolderTemplate {
	templates := make([]*ScaffolderTemplate, len(entities))
	for i := range entities {
		templates[i] = g.Template(entities[i])
	}
	return templates
}

// SortKey is where the template lies in the list of templates.
func (t *ScaffolderTemplate) SortKey() []string { return []string{t.entity.Ref} }
