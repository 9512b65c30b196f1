package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/jobs"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/action"
	"devportal.internal/subgraphs/scaffolder/vault"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

// Store is what the engine writes down. Every change by an attempt that no longer holds its task is a fault with the cause
// [scaffolder.ErrFenced].
type Store interface {
	Claim(ctx context.Context, id string) (task *scaffolder.Task, steps []scaffolder.TaskStep, secrets []byte, err error)
	BeginStep(ctx context.Context, hold scaffolder.Hold, position int, step scaffolder.Step) (scaffolder.TaskStep, error)
	Log(ctx context.Context, hold scaffolder.Hold, stepID string, level scaffolder.Level, message string) error
	EndStep(ctx context.Context, hold scaffolder.Hold, step scaffolder.Step, end scaffolder.StepEnd) error
	EndTask(ctx context.Context, hold scaffolder.Hold, end scaffolder.TaskEnd) error
	Running(ctx context.Context, ids []string) (map[string]bool, error)
	Overdue(ctx context.Context, before time.Time) ([]scaffolder.Hold, error)
	EntitiesByRef(ctx context.Context, refs []string, access entityindex.Predicate) (map[string]entityindex.Entity, error)
}

// Decider decides what a principal may do at this moment.
type Decider interface {
	Decide(ctx context.Context, principal auth.Principal, permission authz.Permission) (authz.Decision, error)
}

// Options are what an engine needs. All but Logger are required.
type Options struct {
	Store      Store
	Decider    Decider
	Actions    map[string]action.Action
	Workspaces *workspace.Store
	Vault      *vault.Vault
	// Timeout is how long a task may take, from the first time that it is worked on.
	Timeout time.Duration
	Logger  *slog.Logger
}

// Engine runs tasks. It is safe for concurrent use.
type Engine struct{ opts Options }

// New makes an engine.
func New(opts Options) *Engine {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Engine{opts}
}

// retryInterrupted is after how long a task that was interrupted goes on.
const retryInterrupted = time.Second

// errTimeout is the cause of the end of a task that takes too long.
var errTimeout = errors.New("the task takes too long")

// Work runs the task of a job, to its end or to an interruption.
func (e *Engine) Work(ctx context.Context, job jobs.Job) error {
	var args scaffolder.JobArgs
	if err := job.Decode(&args); err != nil {
		return jobs.Cancel(err)
	}
	err := e.Run(ctx, args.TaskID)
	if err == nil {
		return nil
	}
	e.opts.Logger.WarnContext(ctx, "a task was interrupted", "task", args.TaskID, "error", err)
	return jobs.Snooze(retryInterrupted)
}

// Run runs a task. An error is an interruption: run it again. One that has ended already is no error.
func (e *Engine) Run(ctx context.Context, taskID string) error {
	task, steps, sealed, err := e.opts.Store.Claim(ctx, taskID)
	if errors.Is(err, scaffolder.ErrFenced) {
		return e.opts.Workspaces.Remove(taskID)
	}
	if err != nil {
		return err
	}
	run, err := e.newRun(ctx, task, steps, sealed)
	if err != nil {
		// What cannot even begin, such as secrets that no longer open, never will.
		e.opts.Logger.ErrorContext(ctx, "a task cannot be run", "task", taskID, "error", err)
		hold := scaffolder.Hold{TaskID: taskID, Attempt: task.Attempt}
		err = e.opts.Store.EndTask(ctx, hold, scaffolder.TaskEnd{Status: scaffolder.Failed, Error: "the task cannot be run"})
	} else {
		err = run.toItsEnd(ctx, e.opts.Timeout)
	}
	if err != nil {
		return errors.Join(err, e.tidy(ctx, taskID))
	}
	return e.opts.Workspaces.Remove(taskID)
}

// tidyPatience bounds what is done after an interruption, whose context may have ended.
const tidyPatience = 5 * time.Second

// tidy removes the workspace of a task that was interrupted because somebody stopped it.
func (e *Engine) tidy(ctx context.Context, taskID string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyPatience)
	defer cancel()
	running, err := e.opts.Store.Running(ctx, []string{taskID})
	if err != nil || running[taskID] {
		return err
	}
	return e.opts.Workspaces.Remove(taskID)
}

// overdue is how much longer than allowed a task is worked on before it counts as one that nobody works on any more.
const overdue = 2 * time.Minute

// EndOverdue ends tasks that should have ended long ago: their processes died too often to be tried again.
func (e *Engine) EndOverdue(ctx context.Context) error {
	holds, err := e.opts.Store.Overdue(ctx, time.Now().Add(-e.opts.Timeout-overdue))
	for _, hold := range holds {
		err = errors.Join(err, e.endLate(ctx, hold), e.opts.Workspaces.Remove(hold.TaskID))
	}
	return err
}

// endLate ends a task that took too long, unless it was ended in the meantime.
func (e *Engine) endLate(ctx context.Context, hold scaffolder.Hold) error {
	err := e.opts.Store.EndTask(ctx, hold, scaffolder.TaskEnd{
		Status: scaffolder.Failed, Error: fmt.Sprintf("the task took longer than %s", e.opts.Timeout),
	})
	if errors.Is(err, scaffolder.ErrFenced) {
		return nil
	}
	return err
}

// toItsEnd runs what is left of the task, within the time that is left of it.
func (r *run) toItsEnd(ctx context.Context, timeout time.Duration) error {
	deadline := r.task.CreatedAt.Add(timeout)
	if r.task.StartedAt != nil {
		deadline = r.task.StartedAt.Add(timeout)
	}
	limited, cancel := context.WithDeadlineCause(ctx, deadline, errTimeout)
	defer cancel()
	err := r.all(limited)
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(limited), errTimeout) {
		return r.engine.endLate(ctx, r.hold)
	}
	return err
}

// messageOf is what people are told of an error.
func messageOf(err error) string {
	if message, ok := fault.Message(err); ok {
		return message
	}
	switch fault.KindOf(err) {
	case fault.KindUnavailable:
		return "something that the step needs does not answer"
	case fault.KindForbidden:
		return "you may not do this"
	default:
		return "internal error"
	}
}
