package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"unicode/utf8"

	"devportal.internal/internal/authz"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/nunjucks"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

// run is one attempt at a task.
type run struct {
	engine   *Engine
	task     *scaffolder.Task
	hold     scaffolder.Hold
	steps    []scaffolder.TaskStep
	secrets  map[string]any
	redactor *scaffolder.Redactor
	renderer *nunjucks.Renderer
	// given is what templates see: parameters, user, context, and the outputs of steps.
	given map[string]any
	// outputs are those of the steps that are done: id -> {"output": …}; it is given["steps"].
	outputs map[string]any
	state   string // the name of the workspace's current state
	failure string // why the task has failed so far
	logged  int
}

func (e *Engine) newRun(ctx context.Context, task *scaffolder.Task, steps []scaffolder.TaskStep, sealed []byte) (*run, error) {
	r := &run{
		engine: e, task: task, hold: scaffolder.Hold{TaskID: task.ID, Attempt: task.Attempt}, steps: steps,
		state: task.Workspace, outputs: map[string]any{},
	}
	var err error
	if r.secrets, err = e.opts.Vault.Unseal(task.ID, sealed); err != nil {
		return nil, err
	}
	r.redactor = scaffolder.NewRedactor(r.secrets)
	if r.renderer, err = nunjucks.New(nunjucks.Limits{}, scaffolder.Filters(task.CreatedAt)); err != nil {
		return nil, err
	}
	parameters, err := scaffolder.DecodeJSON(task.Parameters)
	if err != nil {
		return nil, fault.Internal("engine.newRun", err)
	}
	r.given = map[string]any{
		"parameters": parameters, "steps": r.outputs, "user": e.user(ctx, task.CreatedBy),
		"context": map[string]any{"task": map[string]any{"id": task.ID}},
	}
	return r, nil
}

// all does the steps that are left, in order, and ends the task.
func (r *run) all(ctx context.Context) error {
	if r.state == "" {
		if err := r.beginWorkspace(); err != nil {
			return err
		}
	}
	for i := range r.task.Template.Steps {
		if r.steps[i].Status.Ended() {
			r.recall(i)
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.step(ctx, i); err != nil {
			return err
		}
	}
	return r.end(ctx)
}

// beginWorkspace makes an empty state; it becomes the current one for good with the first step that ends.
func (r *run) beginWorkspace() error {
	empty, name, err := r.engine.opts.Workspaces.Next(r.task.ID, "")
	if err != nil {
		return err
	}
	r.state = name
	return empty.Close()
}

// recall takes over what a step left that an earlier attempt has done.
func (r *run) recall(position int) {
	step := r.steps[position]
	decoded, err := scaffolder.DecodeJSON(step.Output)
	if err != nil {
		return
	}
	if step.Status != scaffolder.Failed {
		r.outputs[step.ID] = map[string]any{"output": decoded}
		return
	}
	if said, ok := decoded.(map[string]any); ok && r.failure == "" {
		r.failure = step.Name + ": " + textOf(said[failedOutput])
	}
}

// allowed asks for the right to run actions, as it is at this moment.
func (r *run) allowed(ctx context.Context) error {
	decision, err := r.engine.opts.Decider.Decide(ctx, r.task.Principal, authz.ScaffolderActionExecute)
	if err != nil {
		return err
	}
	if decision.Denied() {
		return fault.Forbidden("engine.step", "%s may not run actions", r.task.CreatedBy).WithCode(authz.CodeForbidden)
	}
	return nil
}

// end fills in the output and ends the task.
func (r *run) end(ctx context.Context) error {
	end := scaffolder.TaskEnd{Status: scaffolder.Completed}
	if r.failure != "" {
		end.Status, end.Error = scaffolder.Failed, r.redactor.Text(r.failure)
	} else if output, err := r.output(ctx); err == nil {
		end.Output = output
	} else if ctx.Err() != nil {
		return ctx.Err()
	} else {
		end.Status, end.Error = scaffolder.Failed, r.redactor.Text("the output cannot be made: "+messageOf(err))
	}
	return r.engine.opts.Store.EndTask(ctx, r.hold, end)
}

// output is what the template says that the task gives back.
func (r *run) output(ctx context.Context) (*scaffolder.Result, error) {
	result := &scaffolder.Result{}
	for _, link := range r.task.Template.Output.Links {
		filled := scaffolder.Link{Icon: link.Icon}
		if err := r.fillIn(ctx, link.If, map[*string]string{&filled.Title: link.Title, &filled.URL: link.URL, &filled.EntityRef: link.EntityRef}); err != nil {
			if errors.Is(err, errUnwanted) {
				continue
			}
			return nil, err
		}
		if filled.URL != "" || filled.EntityRef != "" {
			result.Links = append(result.Links, filled)
		}
	}
	for _, text := range r.task.Template.Output.Text {
		filled := scaffolder.Text{Icon: text.Icon}
		if err := r.fillIn(ctx, text.If, map[*string]string{&filled.Title: text.Title, &filled.Content: text.Content}); err != nil {
			if errors.Is(err, errUnwanted) {
				continue
			}
			return nil, err
		}
		result.Text = append(result.Text, filled)
	}
	result.EntityRef = r.createdEntity()
	if !r.task.DryRun {
		return result, nil
	}
	var err error
	result.Files, err = r.files()
	return result, err
}

var errUnwanted = errors.New("the condition does not hold")

func (r *run) fillIn(ctx context.Context, condition json.RawMessage, texts map[*string]string) error {
	wanted, err := r.holds(ctx, condition)
	if err != nil {
		return err
	}
	if !wanted {
		return errUnwanted
	}
	for into, template := range texts {
		value, err := r.evaluate(ctx, template, r.given)
		if err != nil {
			return err
		}
		if value != nil {
			*into = r.redactor.Text(textOf(value))
		}
	}
	return nil
}

// createdEntity is the entity that the last catalog:register of the task registered, or would have.
func (r *run) createdEntity() string {
	for i := len(r.steps) - 1; i >= 0; i-- {
		done, _ := r.outputs[r.steps[i].ID].(map[string]any)
		output, _ := done["output"].(map[string]any)
		if ref, ok := output["entityRef"].(string); ok && r.steps[i].Action == "catalog:register" {
			return ref
		}
	}
	return ""
}

// Limits of what a dry run shows.
const (
	maxShownFiles = 1000
	maxShownBytes = 64 << 10
	maxShownInAll = 2 << 20
)

// files lists the workspace, without secrets.
func (r *run) files() (files []scaffolder.File, err error) {
	state, err := r.engine.opts.Workspaces.State(r.task.ID, r.state)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	shown := 0
	return files, state.Walk(func(name string, info fs.FileInfo) error {
		if len(files) == maxShownFiles {
			return nil
		}
		file := scaffolder.File{Path: r.redactor.Text(name), Size: info.Size()}
		if info.Size() <= maxShownBytes && shown < maxShownInAll {
			content, err := r.content(state, name)
			if err != nil {
				return err
			}
			if content != nil {
				shown += len(*content)
			}
			file.Content = content
		}
		files = append(files, file)
		return nil
	})
}

func (r *run) content(state *workspace.Workspace, name string) (*string, error) {
	body, err := state.Read(name)
	if err != nil || !utf8.Valid(body) {
		return nil, err
	}
	for _, b := range body {
		if b == 0 {
			return nil, nil
		}
	}
	text := r.redactor.Text(string(body))
	return &text, nil
}

// user is who started the task, as templates see them.
func (e *Engine) user(ctx context.Context, ref string) map[string]any {
	user := map[string]any{"ref": ref, "entity": map[string]any{"kind": "User", "metadata": map[string]any{"name": nameIn(ref)}, "spec": map[string]any{}}}
	found, err := e.opts.Store.EntitiesByRef(ctx, []string{ref}, ownEntity{})
	entity, ok := found[ref]
	if err != nil || !ok {
		return user
	}
	spec, err := scaffolder.DecodeJSON(entity.Spec)
	if err != nil {
		spec = map[string]any{}
	}
	user["entity"] = map[string]any{"kind": entity.Kind, "spec": spec, "metadata": map[string]any{
		"name": entity.Name, "namespace": entity.Namespace, "title": entity.Title, "annotations": entity.Annotations, "labels": entity.Labels,
	}}
	return user
}
