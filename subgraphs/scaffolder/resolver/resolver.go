package resolver

import (
	"context"

	"devportal.internal/graph/authorize"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/engine"
	"devportal.internal/subgraphs/scaffolder/postgres"
	"devportal.internal/subgraphs/scaffolder/view"
)

// Resolver is the root of all resolvers.
type Resolver struct {
	Store    *postgres.Store
	Log      *events.Log
	Gate     authorize.Gate
	Graph    *view.Graph
	Launcher *engine.Launcher
}

// task is a task that the caller may see; nil when there is none.
func (r *Resolver) task(ctx context.Context, uid string) (*scaffolder.Task, error) {
	access, err := r.Gate.Access(ctx, authz.ScaffolderTaskRead)
	if err != nil || access.Denied() {
		return nil, err
	}
	found, err := r.Store.Tasks(ctx, []string{uid}, access)
	return found[uid], err
}

func noTask(field string) error {
	return fault.NotFound("scaffolder.task", "there is no task of this id that you may see").WithCode(engine.CodeTaskNotFound).At("input", field)
}

// showEvent says what an event is to the caller, by the rights that the caller has at that moment.
func (r *Resolver) showEvent(ctx context.Context, logged events.Event) (*view.TaskEvent, bool, error) {
	event, err := scaffolder.ParseEvent(logged)
	if err != nil {
		return nil, false, err
	}
	access, err := r.Gate.Access(ctx, authz.ScaffolderTaskRead)
	if err != nil {
		return nil, false, err
	}
	if !access.MatchesTask(event.CreatedBy) {
		return nil, false, fault.Forbidden("scaffolder.taskEvents", "you may no longer see this task").WithCode(authz.CodeForbidden)
	}
	return view.NewTaskEvent(logged, event), event.Last, nil
}
