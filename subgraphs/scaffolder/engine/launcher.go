package engine

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/action"
	"devportal.internal/subgraphs/scaffolder/vault"
)

// Codes of the faults that starting and stopping tasks cause.
const (
	CodeTemplateNotFound = "TEMPLATE_NOT_FOUND"
	CodeTaskNotFound     = "TASK_NOT_FOUND"
)

// Desk is what a launcher needs of the store.
type Desk interface {
	Create(ctx context.Context, task *scaffolder.Task, secrets []byte) error
	Cancel(ctx context.Context, id, by string) (*scaffolder.Task, error)
	EntitiesByRef(ctx context.Context, refs []string, access entityindex.Predicate) (map[string]entityindex.Entity, error)
}

// Head gives the place after a topic's last event. [events.Log] does.
type Head interface {
	Head(ctx context.Context, topic string) (events.Cursor, error)
}

// Canceller ends jobs. [jobs.Runner] does.
type Canceller interface {
	Cancel(ctx context.Context, id int64) error
}

// Launcher starts and stops tasks. It is safe for concurrent use.
type Launcher struct {
	Desk    Desk
	Log     Head
	Jobs    Canceller
	Vault   *vault.Vault
	Actions map[string]action.Action
}

// Order is what a task is started with.
type Order struct {
	Template   string // the template's reference
	Parameters any
	Secrets    any
	DryRun     bool
}

// Start checks an order and starts its task, in the name of the principal, who sees the entities that the access admits.
// What must be corrected in the order is an invalid or not found fault with a path, or several joined.
func (l *Launcher) Start(ctx context.Context, principal auth.Principal, order Order, access entityindex.Predicate) (*scaffolder.Task, error) {
	template, err := l.template(ctx, order.Template, access)
	if err != nil {
		return nil, err
	}
	parameters, err := template.CheckParameters(order.Parameters)
	secrets, secretsErr := template.CheckSecrets(order.Secrets)
	if err := errors.Join(err, secretsErr); err != nil {
		return nil, err
	}
	task := &scaffolder.Task{
		ID: uuid.NewString(), Template: *template, CreatedBy: principal.Subject, Principal: principal, DryRun: order.DryRun,
	}
	if task.Parameters, err = json.Marshal(parameters); err != nil {
		return nil, fault.Internal("engine.Start", err)
	}
	sealed, err := l.Vault.Seal(task.ID, secrets)
	if err != nil {
		return nil, err
	}
	head, err := l.Log.Head(ctx, scaffolder.Topic)
	if err != nil {
		return nil, err
	}
	task.StartCursor = head.String()
	return task, l.Desk.Create(ctx, task, sealed)
}

func (l *Launcher) template(ctx context.Context, ref string, access entityindex.Predicate) (*scaffolder.Template, error) {
	found, err := l.Desk.EntitiesByRef(ctx, []string{ref}, access)
	if err != nil {
		return nil, err
	}
	entity, ok := found[ref]
	if !ok || !scaffolder.IsTemplate(entity) {
		return nil, fault.NotFound("engine.Start", "there is no template %s that you may use", ref).
			WithCode(CodeTemplateNotFound).At("input", "template")
	}
	template, err := scaffolder.ParseTemplate(entity)
	if err != nil {
		return nil, err
	}
	for _, step := range template.Steps {
		if _, known := l.Actions[step.Action]; !known {
			return nil, fault.Invalid("engine.Start", "the step %q wants the action %q, which there is not", step.ID, step.Action).
				WithCode(CodeActionUnknown).At("input", "template")
		}
	}
	return template, nil
}

// Stop stops a task that has not ended. That it was stopped counts from the store's change on; the worker is told.
func (l *Launcher) Stop(ctx context.Context, principal auth.Principal, id string) (*scaffolder.Task, error) {
	task, err := l.Desk.Cancel(ctx, id, principal.Subject)
	if err != nil {
		return nil, err
	}
	if err := l.Jobs.Cancel(ctx, task.JobID); err != nil && fault.KindOf(err) != fault.KindNotFound {
		return nil, err
	}
	return task, nil
}
