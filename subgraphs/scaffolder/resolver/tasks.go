package resolver

import (
	"context"

	"devportal.internal/graph/live"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/view"
)

// cancel stops a task that the caller may see and may stop.
func (r *Resolver) cancel(ctx context.Context, id string) (*scaffolder.Task, error) {
	const op = "scaffolder.CancelTask"
	principal, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	decision, err := r.Gate.Require(ctx, op, authz.ScaffolderTaskCancel)
	if err != nil {
		return nil, err
	}
	uid, err := relay.DecodeIDOf(view.TypeTask, id)
	if err != nil {
		return nil, noTask("id")
	}
	task, err := r.task(ctx, uid)
	if err != nil {
		return nil, err
	}
	if task == nil {
		return nil, noTask("id")
	}
	if !decision.MatchesTask(task.CreatedBy) {
		return nil, fault.Forbidden(op, "you may not stop this task").WithCode(authz.CodeForbidden)
	}
	return r.Launcher.Stop(ctx, principal, uid)
}

// follow tells what happens in a task: from its first event, or from where the client left off.
func (r *Resolver) follow(ctx context.Context, uid string, after *string) (<-chan *view.TaskEvent, error) {
	task, err := r.task(ctx, uid)
	if err != nil {
		return nil, err
	}
	if task == nil {
		return nil, fault.NotFound("scaffolder.taskEvents", "there is no task of this id that you may see")
	}
	from := scaffolder.Position{}
	if after == nil {
		from.Cursor, err = events.ParseCursor(task.StartCursor)
	} else {
		from, err = scaffolder.ParsePosition(*after)
	}
	if err != nil {
		return nil, err
	}
	if task.Status.Ended() && from.Number >= task.Events {
		over := make(chan *view.TaskEvent)
		close(over)
		return over, nil
	}
	source := live.Source{Log: r.Log, Topic: scaffolder.Topic, Filter: events.Filter{Keys: []string{uid}}}
	return live.FollowFrom(ctx, source, from.Cursor, r.showEvent)
}
