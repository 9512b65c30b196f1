package view

import (
	"context"
	"time"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/scaffolder"
)

// TypeTask is the type part of tasks' global ids.
const TypeTask = "ScaffolderTask"

// ScaffolderTask is a task as the graph shows it.
type ScaffolderTask struct {
	graph *Graph
	task  *scaffolder.Task
}

// Task shows a task.
func (g *Graph) Task(task *scaffolder.Task) *ScaffolderTask { return &ScaffolderTask{g, task} }

// Tasks shows tasks.
func (g *Graph) Tasks(all []*scaffolder.Task) []*ScaffolderTask {
	tasks := make([]*ScaffolderTask, len(all))
	for i := range all {
		tasks[i] = g.Task(all[i])
	}
	return tasks
}

// IsEntity marks a type with a federation key.
func (ScaffolderTask) IsEntity() {}

// IsNode marks an implementer of Node.
func (ScaffolderTask) IsNode() {}

// ID is the global id.
func (t *ScaffolderTask) ID() string { return relay.EncodeID(TypeTask, t.task.ID) }

// Status is how far it has come.
func (t *ScaffolderTask) Status() scaffolder.Status { return t.task.Status }

// Template is the template as it was when the task started, as long as its entity may be seen.
func (t *ScaffolderTask) Template(ctx context.Context) (*ScaffolderTemplate, error) {
	now, err := t.graph.templateOf(ctx, t.task.Template.Ref)
	if err != nil || now == nil {
		return nil, err
	}
	now.template = t.task.Template
	return now, nil
}

// TemplateRef is the reference of the template; nil where its entity may not be seen.
func (t *ScaffolderTask) TemplateRef(ctx context.Context) (*string, error) {
	return t.graph.unlessHidden(ctx, t.task.Template.Ref)
}

// CreatedBy is the reference of whoever started it; nil where that is somebody else whose entity may not be seen.
func (t *ScaffolderTask) CreatedBy(ctx context.Context) (*string, error) {
	principal, err := auth.Require(ctx)
	if err != nil || principal.Subject == t.task.CreatedBy {
		return &t.task.CreatedBy, err
	}
	return t.graph.unlessHidden(ctx, t.task.CreatedBy)
}

// DryRun reports that it only shows what it would do.
func (t *ScaffolderTask) DryRun() bool { return t.task.DryRun }

// Parameters are what was filled in, without the refs of what may not be seen.
func (t *ScaffolderTask) Parameters(ctx context.Context) (any, error) {
	return t.graph.withoutHidden(ctx, "default", t.task.Parameters)
}

// Steps are its steps, in order.
func (t *ScaffolderTask) Steps(ctx context.Context) ([]*ScaffolderTaskStep, error) {
	found, err := t.graph.steps.Load(ctx, t.task.ID)
	steps := make([]*ScaffolderTaskStep, len(found))
	for i, step := range found {
		steps[i] = &ScaffolderTaskStep{
			ID: step.ID, Name: step.Name, Action: step.Action, Status: step.Status, StartedAt: step.StartedAt, EndedAt: step.EndedAt,
		}
	}
	return steps, err
}

// Output is what it gives back; nil until it is completed.
func (t *ScaffolderTask) Output() *TaskOutput {
	if t.task.Output == nil {
		return nil
	}
	return &TaskOutput{t.graph, *t.task.Output}
}

// Error is why it failed.
func (t *ScaffolderTask) Error() *string { return present(t.task.Error) }

// CreatedAt is when it was started.
func (t *ScaffolderTask) CreatedAt() time.Time { return t.task.CreatedAt }

// CompletedAt is when it ended.
func (t *ScaffolderTask) CompletedAt() *time.Time { return t.task.CompletedAt }

// SortKey is where the task lies in the list of tasks.
func (t *ScaffolderTask) SortKey() []string {
	return []string{t.task.CreatedAt.UTC().Format(time.RFC3339Nano), t.task.ID}
}

// TaskPage reads the arguments of a list of tasks.
func TaskPage(args relay.Args) (page relay.Page, part entityindex.Keyset, err error) {
	if page, err = args.Page("scaffolder.tasks", 2); err != nil {
		return page, part, err
	}
	part, err = page.Keyset(func(key []string) ([]any, error) {
		created, err := time.Parse(time.RFC3339Nano, key[0])
		if err != nil {
			return nil, relay.InvalidCursor()
		}
		return []any{created, key[1]}, nil
	})
	return page, part, err
}

// ScaffolderTaskStep is a step of a task.
type ScaffolderTaskStep struct {
	ID, Name, Action   string
	Status             scaffolder.Status
	StartedAt, EndedAt *time.Time
}

// ScaffolderTaskConnection is a page of tasks.
type ScaffolderTaskConnection struct {
	relay.Connection[*ScaffolderTask]
}

// ScaffolderTaskEdge is a task on a page, and its cursor.
type ScaffolderTaskEdge relay.Edge[*ScaffolderTask]

// Edges are the tasks on the page, each with its cursor.
func (c *ScaffolderTaskConnection) Edges() []*ScaffolderTaskEdge {
	return relay.Edges[ScaffolderTaskEdge](c.Connection)
}

// TaskOutput is what a task gives back.
type TaskOutput struct {
	graph  *Graph
	result scaffolder.Result
}

// Links are links to what was created; they name no entity that may not be seen.
func (o *TaskOutput) Links(ctx context.Context) ([]*TaskOutputLink, error) {
	links := make([]*TaskOutputLink, len(o.result.Links))
	for i, link := range o.result.Links {
		links[i] = &TaskOutputLink{Title: present(link.Title), URL: present(link.URL), Icon: present(link.Icon)}
		ref := scaffolder.CompleteRef(link.EntityRef, "")
		if ref == "" {
			continue
		}
		visible, err := o.graph.unlessHidden(ctx, ref)
		if err != nil {
			return nil, err
		}
		links[i].EntityRef = visible
	}
	return links, nil
}

// Text are texts to read.
func (o *TaskOutput) Text() []*TaskOutputText {
	texts := make([]*TaskOutputText, len(o.result.Text))
	for i, text := range o.result.Text {
		texts[i] = &TaskOutputText{Title: present(text.Title), Content: text.Content, Icon: present(text.Icon)}
	}
	return texts
}

// Entity is the entity that was created, as far as it may be seen.
func (o *TaskOutput) Entity(ctx context.Context) (*interfaceobject.CatalogEntity, error) {
	if o.result.EntityRef == "" {
		return nil, nil
	}
	entity, err := o.graph.byRef.Load(ctx, o.result.EntityRef)
	if err != nil || entity == nil {
		return nil, err
	}
	return interfaceobject.New(entity.ID), nil
}

// Files are the files that a dry run would publish.
func (o *TaskOutput) Files() []*TaskOutputFile {
	files := make([]*TaskOutputFile, len(o.result.Files))
	for i, file := range o.result.Files {
		files[i] = &TaskOutputFile{Path: file.Path, Content: file.Content, Size: file.Size}
	}
	return files
}

// TaskOutputLink is a link to something that a task created.
type TaskOutputLink struct{ Title, URL, Icon, EntityRef *string }

// TaskOutputText is a text that a task gives back.
type TaskOutputText struct {
	Title   *string
	Content string
	Icon    *string
}

// TaskOutputFile is a file that a dry run would publish.
type TaskOutputFile struct {
	Path    string
	Content *string
	Size    int64
}

func present(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
