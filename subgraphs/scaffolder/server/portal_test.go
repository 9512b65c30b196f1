package server_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"devportal.internal/graph/graphtest"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/postgres"
	"devportal.internal/subgraphs/scaffolder/server"
)

// catalog stands in for the portal's graph: it reads what is registered, and knows it from then on.
type catalog struct {
	mu         sync.Mutex
	registered []string
	by         []string
	learn      func(entityindex.Entity) // tells the portal; nil: nobody
}

func (c *catalog) RegisterLocation(_ context.Context, principal auth.Principal, kind, target string) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, err := os.ReadFile(target)
	if err != nil || kind != "file" {
		return nil, fault.Invalid("catalog", "nothing can be read from %s", target)
	}
	entity, err := entityOf(text, "file:"+target)
	if err != nil {
		return nil, err
	}
	for _, known := range c.registered {
		if known == target {
			return nil, nil
		}
	}
	c.registered, c.by = append(c.registered, target), append(c.by, principal.Subject)
	if c.learn != nil {
		c.learn(entity)
	}
	return []string{entity.Ref}, nil
}

func entityOf(text []byte, location string) (entityindex.Entity, error) {
	var document struct {
		Kind     string `yaml:"kind"`
		Metadata struct {
			Name        string            `yaml:"name"`
			Title       string            `yaml:"title"`
			Annotations map[string]string `yaml:"annotations"`
		} `yaml:"metadata"`
		Spec map[string]any `yaml:"spec"`
	}
	if err := yaml.Unmarshal(text, &document); err != nil {
		return entityindex.Entity{}, err
	}
	spec, err := json.Marshal(document.Spec)
	if err != nil {
		return entityindex.Entity{}, err
	}
	annotations := map[string]string{scaffolder.AnnotationManagedBy: location}
	for key, value := range document.Metadata.Annotations {
		annotations[key] = value
	}
	return entityindex.Entity{
		ID: "id-" + document.Metadata.Name, Kind: document.Kind, Namespace: "default", Name: document.Metadata.Name, Title: document.Metadata.Title,
		Ref: strings.ToLower(document.Kind) + ":default/" + document.Metadata.Name, Annotations: annotations, Labels: map[string]string{}, Spec: spec,
	}, nil
}

// portal is a running subgraph with the example templates.
type portal struct {
	bench   *graphtest.Bench
	catalog *catalog
	repos   string // the git root
	work    string // the folder of workspaces
	server  *httptest.Server
}

func template(t testing.TB, folder string) entityindex.Entity {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(folder, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	entity, err := entityOf(text, "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	return entity
}

const examples = "../../../examples/templates"

func open(t testing.TB, templates ...entityindex.Entity) *portal {
	t.Helper()
	p := &portal{
		bench: graphtest.New(t, jobs.Migrations(), postgres.Migrations()), catalog: &catalog{}, repos: filepath.Join(t.TempDir(), "repositories"),
		work: filepath.Join(t.TempDir(), "workspaces"),
	}
	for _, name := range []string{"node-service", "documentation-site", "partner-integration"} {
		templates = append(templates, template(t, filepath.Join(examples, name)))
	}
	p.bench.Publish(t, graphtest.Added(templates...))
	p.catalog.learn = func(entity entityindex.Entity) {
		p.bench.Publish(t, graphtest.Added(entity), server.Name)
	}
	p.serve(t)
	return p
}

// serve starts a process of the portal: a server and a runner of its jobs.
func (p *portal) serve(t testing.TB) {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	inserter, err := jobs.New(p.bench.Pool, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	subgraph, err := server.New(p.deps(t, inserter, logger))
	if err != nil {
		t.Fatal(err)
	}
	runner, err := jobs.New(p.bench.Pool, jobs.Options{Kinds: subgraph.Kinds(), Logger: logger, PollInterval: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	graphtest.Start(t, subgraph.Parts()...)
	graphtest.Start(t, lifecycle.Part{Name: "jobs", Start: runner.Start, Stop: runner.Stop})
	p.server = graphtest.Serve(t, subgraph.Handler())
}

func (p *portal) deps(t testing.TB, inserter *jobs.Runner, logger *slog.Logger) server.Deps {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filereader.Open(filereader.Options{Roots: []string{filepath.Join(root, "examples"), filepath.Join(root, "subgraphs/scaffolder"), filepath.Dir(p.work)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return server.Deps{
		Pool: p.bench.Pool, Log: p.bench.Log, Decider: graphtest.Decider(t), Authenticate: graphtest.Authenticate, Logger: logger,
		Jobs: inserter, Files: files, Graph: p.catalog, Settings: server.Settings{
			GitRoots: []string{p.repos}, Workspaces: p.work, KeyFile: filepath.Join(filepath.Dir(p.work), "secrets.key"),
			TaskTimeout: time.Minute,
		},
	}
}

const startDocument = `mutation($input: StartTaskInput!) { startTask(input: $input) { task { id status steps { id name status } } userErrors { code message path } } }`

// start starts a task that must start, and gives its global id.
func (p *portal) start(t testing.TB, input map[string]any) string {
	t.Helper()
	var data struct {
		StartTask struct {
			Task       *struct{ ID string }
			UserErrors []struct{ Code, Message string }
		}
	}
	text := graphtest.As(p.server, "admin").Data(t, startDocument, map[string]any{"input": input})
	if err := json.Unmarshal([]byte(text), &data); err != nil || data.StartTask.Task == nil {
		t.Fatalf("the task did not start: %s", text)
	}
	return data.StartTask.Task.ID
}

type event struct {
	Cursor  string
	StepID  string `json:"stepId"`
	Level   string
	Message string
	Status  string
}

const eventsDocument = `subscription($id: ID!, $after: String) { taskEvents(taskId: $id, after: $after) { cursor time stepId level message status } }`

// events are the events of a task after a cursor, until the subscription ends.
func (p *portal) events(t testing.TB, id, after string) (all []event) {
	t.Helper()
	variables := map[string]any{"id": id}
	if after != "" {
		variables["after"] = after
	}
	answers := graphtest.As(p.server, "admin").Follow(t, eventsDocument, variables)
	timeout := time.After(graphtest.Timeout)
	for {
		select {
		case answer, more := <-answers:
			if !more {
				return all
			}
			var data struct{ TaskEvents event }
			if err := json.Unmarshal(answer.Data, &data); err != nil || len(answer.Errors) > 0 {
				t.Fatalf("answer %s, errors %v", answer.Data, answer.Errors)
			}
			all = append(all, data.TaskEvents)
		case <-timeout:
			t.Fatalf("the events do not end: %+v", all)
		}
	}
}

const taskDocument = `query($id: ID!) { scaffolderTask(id: $id) { status error dryRun createdBy templateRef template { ref title } parameters completedAt
	steps { id status } output { links { title url entityRef } text { title content } entity { id } files { path content size } } } }`

type task struct {
	Status, Error, CreatedBy string
	Parameters               map[string]any
	Template                 *struct{ Ref string }
	Steps                    []struct{ ID, Status string }
	Output                   *struct {
		Links  []struct{ Title, URL, EntityRef string }
		Text   []struct{ Title, Content string }
		Entity *struct{ ID string }
		Files  []struct {
			Path    string
			Content *string
			Size    int
		}
	}
}

// ended waits for a task's end and gives it.
func (p *portal) ended(t testing.TB, id string) (task, []event) {
	t.Helper()
	events := p.events(t, id, "")
	var data struct{ ScaffolderTask task }
	if err := json.Unmarshal([]byte(graphtest.As(p.server, "admin").Data(t, taskDocument, map[string]any{"id": id})), &data); err != nil {
		t.Fatal(err)
	}
	return data.ScaffolderTask, events
}

func (t task) statuses() string {
	var all []string
	for _, step := range t.Steps {
		all = append(all, step.ID+"="+step.Status)
	}
	return strings.Join(all, " ")
}
