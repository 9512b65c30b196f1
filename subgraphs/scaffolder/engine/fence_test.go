package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/action"
	"devportal.internal/subgraphs/scaffolder/engine"
	"devportal.internal/subgraphs/scaffolder/postgres"
	"devportal.internal/subgraphs/scaffolder/vault"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

// hook is a store that calls a function before a step ends.
type hook struct {
	*postgres.Store
	before func(step string)
}

func (h hook) EndStep(ctx context.Context, hold scaffolder.Hold, step scaffolder.Step, end scaffolder.StepEnd) error {
	h.before(step.ID)
	return h.Store.EndStep(ctx, hold, step, end)
}

func TestAStaleAttemptChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, `{"steps": [{"id": "one", "action": "debug:log", "input": {"message": "one"}}, {"id": "two", "action": "debug:log", "input": {"message": "two"}}]}`)
	task := b.start(t, engine.Order{})
	later, err := newEngine(b.folder, b.store, nil)
	if err != nil {
		t.Fatal(err)
	}
	// While the first attempt is about to end its step, a second one takes over and does everything.
	stale, err := newEngine(b.folder, hook{b.store, func(string) {
		if err := later.Run(t.Context(), task.ID); err != nil {
			t.Error(err)
		}
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := stale.Run(t.Context(), task.ID); !errors.Is(err, scaffolder.ErrFenced) {
		t.Errorf("the stale attempt ends with %v, want %v", err, scaffolder.ErrFenced)
	}
	if got := b.task(t, task.ID); got.Status != scaffolder.Completed || got.Attempt != 2 {
		t.Errorf("the task is %s after attempt %d", got.Status, got.Attempt)
	}
	ends := 0
	for _, event := range b.told(t, task) {
		if event.StepID == "one" && event.Status == scaffolder.Completed {
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("the step ended %d times", ends)
	}
	if err := stale.Run(t.Context(), task.ID); err != nil {
		t.Errorf("running a task that has ended gives %v", err)
	}
}

// until is a decider whose answer changes.
type until struct{ denied *bool }

func (u until) Decide(context.Context, auth.Principal, authz.Permission) (authz.Decision, error) {
	if *u.denied {
		return authz.Deny(), nil
	}
	return authz.Allow(), nil
}

func TestEachStepIsDecidedWithTheRightsOfThatMoment(t *testing.T) {
	t.Parallel()
	b := newBench(t, `{"steps": [{"id": "one", "action": "debug:log"}, {"id": "two", "action": "debug:log"},
		{"id": "last", "action": "debug:log", "if": "${{ always() }}"}]}`)
	task := b.start(t, engine.Order{})
	denied := false
	secrets, err := vault.Open(filepath.Join(b.folder, "key"))
	if err != nil {
		t.Fatal(err)
	}
	working := engine.New(engine.Options{
		Store: hook{b.store, func(step string) { denied = denied || step == "one" }}, Decider: until{&denied}, Actions: action.All(action.Deps{}),
		Workspaces: workspace.NewStore(filepath.Join(b.folder, "workspaces")), Vault: secrets, Timeout: time.Minute,
	})
	if err := working.Run(t.Context(), task.ID); err != nil {
		t.Fatal(err)
	}
	got := b.task(t, task.ID)
	if got.Status != scaffolder.Failed || !strings.Contains(got.Error, "may not run actions") {
		t.Errorf("the task is %s: %s", got.Status, got.Error)
	}
	steps, err := b.store.Steps(t.Context(), []string{task.ID})
	if err != nil {
		t.Fatal(err)
	}
	if all := steps[task.ID]; all[0].Status != scaffolder.Completed || all[1].Status != scaffolder.Failed || all[2].Status != scaffolder.Failed {
		t.Errorf("steps %+v", all)
	}
}

func TestATaskThatTakesTooLongFails(t *testing.T) {
	t.Parallel()
	b := newBench(t, `{"steps": [{"id": "wait", "action": "debug:wait", "input": {"minutes": 5}}]}`)
	task := b.start(t, engine.Order{})
	secrets, err := vault.Open(filepath.Join(b.folder, "key"))
	if err != nil {
		t.Fatal(err)
	}
	working := engine.New(engine.Options{
		Store: b.store, Decider: anybody{}, Actions: action.All(action.Deps{}),
		Workspaces: workspace.NewStore(filepath.Join(b.folder, "workspaces")), Vault: secrets, Timeout: 300 * time.Millisecond,
	})
	if err := working.Run(t.Context(), task.ID); err != nil {
		t.Fatal(err)
	}
	if got := b.task(t, task.ID); got.Status != scaffolder.Failed || !strings.Contains(got.Error, "longer than") {
		t.Errorf("the task is %s: %s", got.Status, got.Error)
	}
}
