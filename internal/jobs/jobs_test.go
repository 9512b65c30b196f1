package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

// victimEnv makes this test binary a process that begins a job in the database, says so, and never ends it.
const victimEnv = "PORTAL_TEST_JOBS_VICTIM"

func TestMain(m *testing.M) {
	if url := os.Getenv(victimEnv); url != "" {
		os.Exit(runVictim(url))
	}
	goleak.VerifyTestMain(m, postgrestest.IgnoreServer())
}

func runVictim(url string) int {
	pool, err := postgres.Open(context.Background(), postgres.Options{URL: url})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	runner, err := jobs.New(pool, jobs.Options{PollInterval: poll, Kinds: []jobs.Kind{{
		Name: "task", Work: func(ctx context.Context, job jobs.Job) error {
			fmt.Println("begun", job.Attempt)
			<-ctx.Done()
			return ctx.Err()
		},
	}}})
	if err != nil || runner.Start(context.Background()) != nil {
		fmt.Println("not started", err)
		return 1
	}
	select {}
}

const poll = 20 * time.Millisecond

func start(t *testing.T, pool *pgxpool.Pool, kinds ...jobs.Kind) *jobs.Runner {
	t.Helper()
	runner, err := jobs.New(pool, jobs.Options{PollInterval: poll, Kinds: kinds})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := runner.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return runner
}

// receive waits for a value, and fails the test when none comes.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestInsert(t *testing.T) {
	t.Parallel()
	t.Run("a committed job is worked with its arguments and principal, a rolled back one never", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t, jobs.Migrations())
		worked := make(chan jobs.Job, 10)
		runner := start(t, pool, jobs.Kind{Name: "greet", Work: func(_ context.Context, job jobs.Job) error {
			worked <- job
			return nil
		}})
		insert := func(name string, result error) error {
			return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
				_, err := runner.Insert(t.Context(), tx, "greet", map[string]string{"name": name},
					jobs.InsertOptions{Principal: map[string]string{"sub": "user:default/a"}})
				return errors.Join(err, result)
			})
		}
		if err := insert("gone", errors.New("roll back")); err == nil {
			t.Fatal("no error")
		}
		if err := insert("kept", nil); err != nil {
			t.Fatal(err)
		}
		job := receive(t, worked)
		var args struct{ Name string }
		if err := job.Decode(&args); err != nil || args.Name != "kept" {
			t.Errorf("args = %+v, %v", args, err)
		}
		var principal map[string]string
		if err := json.Unmarshal(job.Principal, &principal); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"sub": "user:default/a"}, principal); diff != "" {
			t.Errorf("principal (-want +got):\n%s", diff)
		}
	})
	t.Run("a unique job is not inserted twice while it waits", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t, jobs.Migrations())
		runner, err := jobs.New(pool, jobs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for range 2 {
			id, err := runner.Insert(t.Context(), nil, "build", "site", jobs.InsertOptions{Unique: true})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		other, err := runner.Insert(t.Context(), nil, "build", "another site", jobs.InsertOptions{Unique: true})
		if err != nil || ids[0] != ids[1] || other == ids[0] {
			t.Errorf("ids = %v and %d, %v", ids, other, err)
		}
	})
}

func TestWork(t *testing.T) {
	t.Parallel()
	t.Run("a failed attempt is repeated, a cancelled one is not", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t, jobs.Migrations())
		attempts := make(chan int, 10)
		var given atomic.Int64
		runner := start(t, pool,
			jobs.Kind{Name: "flaky", MaxAttempts: 3, Work: func(_ context.Context, job jobs.Job) error {
				attempts <- job.Attempt
				if job.Attempt == 1 {
					return errors.New("at first it fails")
				}
				return nil
			}},
			jobs.Kind{Name: "hopeless", Work: func(context.Context, jobs.Job) error {
				given.Add(1)
				return jobs.Cancel(errors.New("never"))
			}})
		for _, kind := range []string{"hopeless", "flaky"} {
			if _, err := runner.Insert(t.Context(), nil, kind, nil, jobs.InsertOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if got := []int{receive(t, attempts), receive(t, attempts)}; got[0] != 1 || got[1] != 2 {
			t.Errorf("attempts = %v", got)
		}
		if given.Load() != 1 {
			t.Errorf("the hopeless job was tried %d times", given.Load())
		}
	})
	t.Run("a periodic kind runs at the start", func(t *testing.T) {
		t.Parallel()
		ran := make(chan struct{}, 10)
		start(t, postgrestest.New(t, jobs.Migrations()), jobs.Kind{
			Name: "sweep", Every: time.Hour, Work: func(context.Context, jobs.Job) error { ran <- struct{}{}; return nil },
		})
		receive(t, ran)
	})
	t.Run("cancelling ends a running job", func(t *testing.T) {
		t.Parallel()
		began, ended := make(chan struct{}), make(chan error, 1)
		runner := start(t, postgrestest.New(t, jobs.Migrations()), jobs.Kind{
			Name: "long", Work: func(ctx context.Context, _ jobs.Job) error {
				close(began)
				<-ctx.Done()
				ended <- ctx.Err()
				return ctx.Err()
			},
		})
		id, err := runner.Insert(t.Context(), nil, "long", nil, jobs.InsertOptions{})
		if err != nil {
			t.Fatal(err)
		}
		receive(t, began)
		if err := runner.Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		_ = receive(t, ended)
	})
	t.Run("cancelling what does not exist is not found", func(t *testing.T) {
		t.Parallel()
		runner := start(t, postgrestest.New(t, jobs.Migrations()))
		if err := runner.Cancel(t.Context(), 42); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestKilledProcess(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t, jobs.Migrations())
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	inserter, err := jobs.New(pool, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inserter.Insert(t.Context(), nil, "task", "x", jobs.InsertOptions{MaxAttempts: 1}); err != nil {
		t.Fatal(err)
	}
	kill := startVictim(t, url)
	worked := make(chan jobs.Job, 1)
	start(t, pool, jobs.Kind{Name: "task", Work: func(_ context.Context, job jobs.Job) error {
		worked <- job
		return nil
	}})
	t.Run("its job is not touched while it lives", func(t *testing.T) {
		select {
		case job := <-worked:
			t.Errorf("attempt %d ran beside the first", job.Attempt)
		case <-time.After(1500 * time.Millisecond):
		}
	})
	t.Run("its job is taken over once it is dead, with the next attempt's number", func(t *testing.T) {
		kill()
		if job := receive(t, worked); job.Attempt != 2 {
			t.Errorf("attempt = %d, want 2", job.Attempt)
		}
	})
}

func startVictim(t *testing.T, url string) (kill func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(os.Environ(), victimEnv+"="+url)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 8)
	if _, err := io.ReadFull(stdout, line); err != nil || string(line) != "begun 1\n" {
		t.Fatalf("the victim said %q, %v", line, err)
	}
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(kill)
	return kill
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	work := func(context.Context, jobs.Job) error { return nil }
	for name, kinds := range map[string][]jobs.Kind{
		"a name in capitals":     {{Name: "Task", Work: work}},
		"a kind without work":    {{Name: "task"}},
		"a kind declared twice":  {{Name: "task", Work: work}, {Name: "task", Work: work}},
		"a negative concurrency": {{Name: "task", Work: work, Concurrency: -1}},
	} {
		if _, err := jobs.New(postgrestest.New(t), jobs.Options{Kinds: kinds}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
