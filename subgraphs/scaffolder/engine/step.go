package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/action"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

// Limits of what a task says and keeps.
const (
	maxMessageBytes = 16 << 10
	maxMessages     = 5000
	maxOutputBytes  = 256 << 10
	maxIterations   = 1000
)

// failedOutput is the output in which a step that failed says why, for an attempt that comes later.
const failedOutput = "error"

// interruption is an error that ends the attempt, though it comes out of a step.
type interruption struct{ error }

func (i interruption) Unwrap() error { return i.error }

// step does one step, or writes down why it was not done. An error is an interruption.
func (r *run) step(ctx context.Context, position int) error {
	step := r.task.Template.Steps[position]
	wanted, err := r.wanted(ctx, step)
	if err == nil && !wanted {
		return r.skip(ctx, position)
	}
	begun, beginErr := r.engine.opts.Store.BeginStep(ctx, r.hold, position, step)
	if beginErr != nil {
		return beginErr
	}
	r.steps[position].StartedAt = begun.StartedAt
	end := scaffolder.StepEnd{Position: position}
	if err == nil {
		end, err = r.perform(ctx, position)
	}
	var interrupted interruption
	switch {
	case errors.As(err, &interrupted):
		return interrupted.error
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return r.fail(ctx, position, err)
	}
	end.Position, end.Status, end.Level, end.Message = position, scaffolder.Completed, scaffolder.Info, step.Name+": done"
	if err := r.engine.opts.Store.EndStep(ctx, r.hold, step, end); err != nil {
		return err
	}
	if end.Workspace != "" {
		r.state, r.task.Workspace = end.Workspace, end.Workspace
		return r.engine.opts.Workspaces.Keep(r.task.ID, r.state)
	}
	return nil
}

func (r *run) skip(ctx context.Context, position int) error {
	step := r.task.Template.Steps[position]
	r.steps[position].Status = scaffolder.Skipped
	return r.engine.opts.Store.EndStep(ctx, r.hold, step, scaffolder.StepEnd{
		Position: position, Status: scaffolder.Skipped, Level: scaffolder.Info, Message: step.Name + ": skipped",
	})
}

func (r *run) fail(ctx context.Context, position int, err error) error {
	step := r.task.Template.Steps[position]
	if fault.KindOf(err) == fault.KindInternal {
		r.engine.opts.Logger.ErrorContext(ctx, "a step failed", "task", r.task.ID, "step", step.ID, "error", r.redactor.Text(err.Error()))
	}
	why := r.redactor.Text(messageOf(err))
	if r.failure == "" {
		r.failure = step.Name + ": " + why
	}
	said, _ := json.Marshal(map[string]string{failedOutput: why}) // texts always encode
	return r.engine.opts.Store.EndStep(ctx, r.hold, step, scaffolder.StepEnd{
		Position: position, Status: scaffolder.Failed, Output: said, Level: scaffolder.Error, Message: bounded(step.Name + ": " + why),
	})
}

// wanted says whether a step is to be done. After a failure, only those are whose condition asks for it.
func (r *run) wanted(ctx context.Context, step scaffolder.Step) (bool, error) {
	if r.failure != "" && !asksForFailure(step.If) {
		return false, nil
	}
	return r.holds(ctx, step.If)
}

// perform runs the step's action: once, or for each item.
func (r *run) perform(ctx context.Context, position int) (scaffolder.StepEnd, error) {
	step := r.task.Template.Steps[position]
	acting, known := r.engine.opts.Actions[step.Action]
	if !known {
		return scaffolder.StepEnd{}, fault.Invalid("engine.perform", "there is no action %q", step.Action).WithCode(CodeActionUnknown)
	}
	if err := r.allowed(ctx); err != nil {
		return scaffolder.StepEnd{}, err
	}
	items, err := r.items(ctx, step)
	if err != nil {
		return scaffolder.StepEnd{}, err
	}
	state, name, err := r.workspaceFor(acting)
	if err != nil {
		return scaffolder.StepEnd{}, err
	}
	defer func() { _ = state.Close() }()
	end, err := r.performAll(ctx, position, acting, state, items)
	end.Workspace = name
	if end.Workspace == "" && r.task.Workspace == "" {
		end.Workspace = r.state // the empty state becomes the task's
	}
	return end, err
}

// workspaceFor opens the current state, or, for an action that writes, a copy of it; then it gives the copy's name.
func (r *run) workspaceFor(acting action.Action) (*workspace.Workspace, string, error) {
	if acting.Writes {
		return r.engine.opts.Workspaces.Next(r.task.ID, r.state)
	}
	state, err := r.engine.opts.Workspaces.State(r.task.ID, r.state)
	return state, "", err
}

func (r *run) performAll(
	ctx context.Context, position int, acting action.Action, state *workspace.Workspace, items []item,
) (scaffolder.StepEnd, error) {
	step := r.task.Template.Steps[position]
	var end scaffolder.StepEnd
	merged := map[string]any{}
	for i, item := range items {
		result, err := r.performOne(ctx, position, i, item, acting, state)
		if err != nil {
			return scaffolder.StepEnd{}, err
		}
		end.Created = append(end.Created, result.Created...)
		for key, value := range result.Output {
			if len(step.Each) == 0 {
				merged[key] = value
				continue
			}
			list, _ := merged[key].([]any)
			merged[key] = append(list, value)
		}
	}
	var err error
	if end.Output, err = r.keep(step, merged); err != nil {
		return scaffolder.StepEnd{}, err
	}
	return end, nil
}

// keep makes outputs those of the step, without secrets, and gives them as JSON.
func (r *run) keep(step scaffolder.Step, output map[string]any) (json.RawMessage, error) {
	clean := r.redactor.Value(output)
	raw, err := json.Marshal(clean)
	if err != nil {
		return nil, fault.Internal("engine.keep", err)
	}
	if len(raw) > maxOutputBytes {
		return nil, fault.Invalid("engine.keep", "the outputs have more than %d bytes", maxOutputBytes).WithCode(CodeOutputTooLarge)
	}
	r.outputs[step.ID] = map[string]any{"output": clean}
	return raw, nil
}

func (r *run) performOne(
	ctx context.Context, position, iteration int, item item, acting action.Action, state *workspace.Workspace,
) (action.Result, error) {
	step := r.task.Template.Steps[position]
	input, err := r.input(ctx, step, item)
	if err != nil {
		return action.Result{}, err
	}
	request := &action.Request{
		Effect: fmt.Sprintf("%s/%s/%d", r.task.ID, step.ID, iteration), DryRun: r.task.DryRun, Principal: r.task.Principal,
		TaskTime: r.task.CreatedAt, StepTime: r.task.CreatedAt, TemplateLocation: r.task.Template.Location,
		Input: input, Workspace: state, Renderer: r.renderer,
		Log: func(ctx context.Context, level scaffolder.Level, message string) error {
			return r.log(ctx, step.ID, level, message)
		},
	}
	if started := r.steps[position].StartedAt; started != nil {
		request.StepTime = *started
	}
	return acting.Run(ctx, request)
}

// log tells those who follow the task, without secrets. What cannot be told interrupts the attempt.
func (r *run) log(ctx context.Context, stepID string, level scaffolder.Level, message string) error {
	r.logged++
	switch {
	case r.logged > maxMessages+1:
		return nil
	case r.logged == maxMessages+1:
		level, message = scaffolder.Warn, "what follows is too much to be told"
	}
	err := r.engine.opts.Store.Log(ctx, r.hold, stepID, level, bounded(r.redactor.Text(message)))
	if err != nil {
		return interruption{err}
	}
	return nil
}

func bounded(message string) string {
	message = strings.ReplaceAll(strings.ToValidUTF8(message, "�"), "\x00", "�")
	if len(message) > maxMessageBytes {
		message = strings.ToValidUTF8(message[:maxMessageBytes], "") + " …"
	}
	return message
}
