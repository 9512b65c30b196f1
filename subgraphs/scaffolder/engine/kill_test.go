package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"

	"devportal.internal/graph/graphtest"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	portalpostgres "devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/action"
	"devportal.internal/subgraphs/scaffolder/engine"
	"devportal.internal/subgraphs/scaffolder/gitrepo"
	"devportal.internal/subgraphs/scaffolder/postgres"
	"devportal.internal/subgraphs/scaffolder/vault"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

// victimEnv makes this test binary a process that works tasks, and kills itself at a point.
const victimEnv = "PORTAL_TEST_SCAFFOLDER_VICTIM"

// victim is what such a process is told.
type victim struct {
	URL    string
	Folder string
	DieAt  string // empty: never
}

func TestMain(m *testing.M) {
	if told := os.Getenv(victimEnv); told != "" {
		if err := runVictim(told); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		return
	}
	os.Exit(m.Run())
}

// runVictim works until the task has ended, unless it dies before.
func runVictim(told string) error {
	var v victim
	if err := json.Unmarshal([]byte(told), &v); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	pool, err := portalpostgres.Open(ctx, portalpostgres.Options{URL: v.URL})
	if err != nil {
		return err
	}
	defer pool.Close()
	deadly := &deadly{Store: postgres.NewStore(pool, nil), dieAt: v.DieAt, ended: make(chan struct{})}
	working, err := newEngine(v.Folder, deadly, &ledger{file: filepath.Join(v.Folder, "registered"), die: deadly.at})
	if err != nil {
		return err
	}
	work := func(ctx context.Context, job jobs.Job) error {
		err := working.Work(ctx, job)
		if err == nil {
			close(deadly.ended)
		}
		return err
	}
	runner, err := jobs.New(pool, jobs.Options{PollInterval: 10 * time.Millisecond, Kinds: []jobs.Kind{{Name: scaffolder.JobKind, Work: work}}})
	if err != nil {
		return err
	}
	if err := runner.Start(ctx); err != nil {
		return err
	}
	select {
	case <-deadly.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	return runner.Stop(ctx)
}

func newEngine(folder string, store engine.Store, graph scaffolder.Graph) (*engine.Engine, error) {
	secrets, err := vault.Open(filepath.Join(folder, "key"))
	if err != nil {
		return nil, err
	}
	actions, err := newActions(folder, graph)
	if err != nil {
		return nil, err
	}
	return engine.New(engine.Options{
		Store: store, Decider: anybody{}, Actions: actions, Workspaces: workspace.NewStore(filepath.Join(folder, "workspaces")),
		Vault: secrets, Timeout: 5 * time.Minute,
	}), nil
}

func newActions(folder string, graph scaffolder.Graph) (map[string]action.Action, error) {
	publisher, err := gitrepo.NewPublisher([]string{filepath.Join(folder, "repositories")})
	if err != nil {
		return nil, err
	}
	files, err := filereader.Open(filereader.Options{Roots: []string{filepath.Join(folder, "template")}})
	if err != nil {
		return nil, err
	}
	return action.All(action.Deps{Files: files, Publisher: publisher, Graph: graph}), nil
}

// anybody may do anything.
type anybody struct{}

func (anybody) Decide(context.Context, auth.Principal, authz.Permission) (authz.Decision, error) {
	return authz.Allow(), nil
}

// deadly is a store whose process dies at a point: before a step begins, when its action is done, when it has ended.
type deadly struct {
	*postgres.Store
	dieAt string
	ended chan struct{}
}

func (d *deadly) at(point string) {
	if point == d.dieAt {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (d *deadly) BeginStep(ctx context.Context, hold scaffolder.Hold, position int, step scaffolder.Step) (scaffolder.TaskStep, error) {
	d.at("before " + step.ID)
	began, err := d.Store.BeginStep(ctx, hold, position, step)
	d.at("began " + step.ID)
	return began, err
}

func (d *deadly) EndStep(ctx context.Context, hold scaffolder.Hold, step scaffolder.Step, end scaffolder.StepEnd) error {
	d.at("acted " + step.ID)
	err := d.Store.EndStep(ctx, hold, step, end)
	d.at("ended " + step.ID)
	return err
}

func (d *deadly) EndTask(ctx context.Context, hold scaffolder.Hold, end scaffolder.TaskEnd) error {
	d.at("before the end")
	err := d.Store.EndTask(ctx, hold, end)
	d.at("after the end")
	return err
}

// ledger is a catalog that writes each new registration down as a line of a file.
type ledger struct {
	file string
	die  func(point string)
}

func (l *ledger) RegisterLocation(_ context.Context, _ auth.Principal, _, target string) ([]string, error) {
	known, err := os.ReadFile(l.file)
	if err == nil && strings.Contains(string(known), target+"\n") {
		return nil, nil
	}
	if err := os.WriteFile(l.file, append(known, target+"\n"...), 0o600); err != nil {
		return nil, err
	}
	l.die("registered")
	return []string{"component:default/gift"}, nil
}

const killedTemplate = `{
  "parameters": {"properties": {"name": {"type": "string"}}},
  "steps": [
    {"id": "log", "action": "debug:log", "input": {"message": "making ${{ parameters.name }}"}},
    {"id": "fetch", "action": "fetch:template", "input": {"url": "./skeleton", "values": {"name": "${{ parameters.name }}"}}},
    {"id": "rename", "action": "fs:rename", "input": {"files": [{"from": "a.txt", "to": "b.txt"}]}},
    {"id": "delete", "action": "fs:delete", "input": {"files": ["c.txt"]}},
    {"id": "wait", "action": "debug:wait", "input": {"milliseconds": 20}},
    {"id": "write", "action": "catalog:write", "input": {"entity": {"kind": "Component", "metadata": {"name": "${{ parameters.name }}"}}}},
    {"id": "publish", "action": "publish:git", "input": {"repoUrl": "${{ parameters.name }}.git"}},
    {"id": "register", "action": "catalog:register", "input": {"repoContentsUrl": "${{ steps.publish.output.repoContentsUrl }}"}}
  ],
  "output": {"links": [{"title": "commit", "url": "urn:${{ steps.publish.output.commitHash }}"}]}
}`

func killPoints() (points []string) {
	for _, step := range []string{"log", "fetch", "rename", "delete", "wait", "write", "publish", "register"} {
		points = append(points, "before "+step, "began "+step)
		if step == "register" {
			points = append(points, "registered")
		}
		points = append(points, "acted "+step, "ended "+step)
	}
	return append(points, "before the end", "after the end")
}

// bench is a database with a template and a folder for everything.
type bench struct {
	*graphtest.Bench
	folder   string
	store    *postgres.Store
	launcher *engine.Launcher
}

func newBench(t *testing.T, spec string) *bench {
	t.Helper()
	b := &bench{Bench: graphtest.New(t, jobs.Migrations(), postgres.Migrations()), folder: t.TempDir()}
	for name, text := range map[string]string{"a.txt": "${{ values.name }}", "c.txt": "c"} {
		file := filepath.Join(b.folder, "template/skeleton", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.Publish(t, graphtest.Added(entityindex.Entity{
		ID: "id-t", Ref: "template:default/t", Kind: "Template", Namespace: "default", Name: "t", Spec: json.RawMessage(spec),
		Annotations: map[string]string{scaffolder.AnnotationManagedBy: "file:" + filepath.Join(b.folder, "template/template.yaml")},
	}))
	if err := b.Log.Consumer("scaffolder", entityindex.Topic, entityindex.New(postgres.Schema)).CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	inserter, err := jobs.New(b.Pool, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.store = postgres.NewStore(b.Pool, inserter)
	secrets, err := vault.Open(filepath.Join(b.folder, "key"))
	if err != nil {
		t.Fatal(err)
	}
	actions, err := newActions(b.folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.launcher = &engine.Launcher{Desk: b.store, Log: b.Log, Jobs: inserter, Vault: secrets, Actions: actions}
	return b
}

func (b *bench) start(t *testing.T, order engine.Order) *scaffolder.Task {
	t.Helper()
	order.Template = "template:default/t"
	task, err := b.launcher.Start(t.Context(), auth.NewPrincipal(auth.Principal{Subject: "user:default/ann"}), order, entityindex.Everything{})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func (b *bench) task(t *testing.T, id string) *scaffolder.Task {
	t.Helper()
	found, err := b.store.Tasks(t.Context(), []string{id}, authz.Allow())
	if err != nil || found[id] == nil {
		t.Fatalf("task %s: %v", id, err)
	}
	return found[id]
}

// told are the events of a task, which must be numbered without a gap.
func (b *bench) told(t *testing.T, task *scaffolder.Task) (all []scaffolder.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), graphtest.Timeout)
	defer cancel()
	cursor, err := events.ParseCursor(task.StartCursor)
	if err != nil {
		t.Fatal(err)
	}
	subscription, err := b.Log.Subscribe(ctx, scaffolder.Topic, cursor, events.Filter{Keys: []string{task.ID}})
	if err != nil {
		t.Fatal(err)
	}
	defer subscription.Close()
	for {
		logged, err := subscription.Next(ctx)
		if err != nil {
			t.Fatalf("after %d events: %v", len(all), err)
		}
		event, err := scaffolder.ParseEvent(logged)
		if err != nil || event.Number != int64(len(all)+1) {
			t.Fatalf("event %+v, %v; want number %d", event, err, len(all)+1)
		}
		all = append(all, event)
		if event.Last {
			return all
		}
	}
}

func TestATaskThatIsKilledAtEveryPointStillDoesEachThingOnce(t *testing.T) {
	t.Parallel()
	points := killPoints()
	for name, half := range map[string][]string{"in its first steps": points[:len(points)/2], "in its last steps": points[len(points)/2:]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			surviveDeaths(t, half)
		})
	}
}

func surviveDeaths(t *testing.T, points []string) {
	b := newBench(t, killedTemplate)
	task := b.start(t, engine.Order{Parameters: map[string]any{"name": "gift"}, Secrets: map[string]any{"KEY": "canary-3f9a"}})
	for _, point := range slices.Concat(points, []string{""}) {
		b.runVictim(t, point)
	}
	task = b.task(t, task.ID)
	if task.Status != scaffolder.Completed {
		t.Fatalf("the task is %s: %s", task.Status, task.Error)
	}
	if task.Attempt < len(points)-1 {
		t.Errorf("%d attempts, want one for nearly each of %d deaths", task.Attempt, len(points))
	}
	b.checkPublishedOnce(t, task)
	registered, err := os.ReadFile(filepath.Join(b.folder, "registered"))
	if want := filepath.Join(b.folder, "repositories/gift.git/catalog-info.yaml") + "\n"; err != nil || string(registered) != want {
		t.Errorf("registered %q, %v; want %q", registered, err, want)
	}
	if all := b.told(t, task); int64(len(all)) != task.Events {
		t.Errorf("%d events, the task counts %d", len(all), task.Events)
	}
	var secrets []byte
	if err := b.Pool.QueryRow(t.Context(), `SELECT secrets FROM scaffolder.tasks WHERE id = $1`, task.ID).Scan(&secrets); err != nil || secrets != nil {
		t.Errorf("the secrets are %x, %v; want nothing", secrets, err)
	}
	if left, err := os.ReadDir(filepath.Join(b.folder, "workspaces")); err != nil || len(left) != 0 {
		t.Errorf("workspaces left: %v, %v", left, err)
	}
}

func (b *bench) checkPublishedOnce(t *testing.T, task *scaffolder.Task) {
	t.Helper()
	folder := filepath.Join(b.folder, "repositories/gift.git")
	repository, err := git.PlainOpen(folder)
	if err != nil {
		t.Fatal(err)
	}
	head, err := repository.Head()
	if err != nil {
		t.Fatal(err)
	}
	commit, err := repository.CommitObject(head.Hash())
	if err != nil || commit.NumParents() != 0 || !strings.Contains(commit.Message, task.ID) || commit.Author.Name != "user:default/ann" {
		t.Errorf("commit %v, %v", commit, err)
	}
	if got := task.Output.Links[0].URL; got != "urn:"+head.Hash().String() {
		t.Errorf("the output names commit %s, want %s", got, head.Hash())
	}
	for name, want := range map[string]string{"b.txt": "gift", "a.txt": "", "c.txt": ""} {
		if text, _ := os.ReadFile(filepath.Join(folder, name)); string(text) != want {
			t.Errorf("%s holds %q, want %q", name, text, want)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(b.folder, "repositories/.unpublished")); err != nil || len(entries) != 0 {
		t.Errorf("half-made repositories left: %v, %v", entries, err)
	}
}

// runVictim runs a process that dies at the point, or ends by itself at none.
func (b *bench) runVictim(t *testing.T, point string) {
	t.Helper()
	told, err := json.Marshal(victim{URL: b.Pool.Config().ConnString(), Folder: b.folder, DieAt: point})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self)
	command.Env = append(os.Environ(), victimEnv+"="+string(told))
	output, err := command.CombinedOutput()
	status, _ := command.ProcessState.Sys().(syscall.WaitStatus)
	if killed := status.Signaled() && status.Signal() == syscall.SIGKILL; killed != (point != "") || (!killed && err != nil) {
		t.Fatalf("at %q the process ended with %v:\n%s", point, err, output)
	}
}
