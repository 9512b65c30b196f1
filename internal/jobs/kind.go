package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/riverqueue/river"
)

// What a kind is given where it says nothing.
const (
	defaultConcurrency = 4
	defaultTimeout     = 10 * time.Minute
	defaultMaxAttempts = 10
)

// Kind says what is to be done, and how. Name and Work are required.
type Kind struct {
	// Name is lower case with underscores: "docs_build". It is stored with each job and must never change.
	Name string
	// Concurrency is how many jobs of the kind this process works at once; 0 means 4.
	Concurrency int
	// Timeout bounds one attempt; 0 means 10 minutes.
	Timeout time.Duration
	// MaxAttempts is after how many failed attempts a job is given up; 0 means 10. Attempts are ever further apart.
	MaxAttempts int
	// Every, when set, inserts a job of the kind without arguments that often, once in all processes together, and at
	// the start. None is inserted while another waits or runs.
	Every time.Duration
	// Work does it. An error means: again, later. [Cancel] gives up at once, [Snooze] asks for another time.
	Work func(ctx context.Context, job Job) error
}

// Job is one attempt at one job.
type Job struct {
	ID int64
	// Attempt counts from 1 and grows with every attempt, also after the death of a process.
	Attempt int
	// LastAttempt reports that a failure now is final.
	LastAttempt bool
	// Principal is on whose behalf it runs, as the inserter gave it; null for the portal itself.
	Principal json.RawMessage
	// Args are what the inserter gave.
	Args json.RawMessage
	// CreatedAt is when it was inserted.
	CreatedAt time.Time
}

// Decode reads the arguments into a value.
func (j Job) Decode(into any) error {
	if err := json.Unmarshal(j.Args, into); err != nil {
		return fmt.Errorf("read the arguments of job %d: %w", j.ID, err)
	}
	return nil
}

// Cancel wraps an error after which another attempt makes no sense.
func Cancel(err error) error { return river.JobCancel(err) }

// Snooze ends an attempt without failure and asks for another one after d.
func Snooze(d time.Duration) error { return river.JobSnooze(d) }

var kindName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func (k Kind) validate() error {
	switch {
	case !kindName.MatchString(k.Name):
		return fmt.Errorf("job kind %q: the name is not lower case with underscores", k.Name)
	case k.Work == nil:
		return fmt.Errorf("job kind %s: nothing does the work", k.Name)
	case k.Concurrency < 0 || k.Timeout < 0 || k.MaxAttempts < 0 || k.Every < 0:
		return fmt.Errorf("job kind %s: negative bounds", k.Name)
	default:
		return nil
	}
}

func (k Kind) withDefaults() Kind {
	if k.Concurrency == 0 {
		k.Concurrency = defaultConcurrency
	}
	if k.Timeout == 0 {
		k.Timeout = defaultTimeout
	}
	if k.MaxAttempts == 0 {
		k.MaxAttempts = defaultMaxAttempts
	}
	return k
}

// envelope is what River stores as arguments.
type envelope struct {
	Principal json.RawMessage `json:"principal,omitempty"`
	Args      json.RawMessage `json:"args,omitempty"`

	kind string
}

// Kind names the kind to River.
func (e envelope) Kind() string { return e.kind }

// worker lets a Kind do the work of River's jobs.
type worker struct {
	river.WorkerDefaults[envelope]

	kind  Kind
	lease *lease
}

func (w *worker) Timeout(*river.Job[envelope]) time.Duration { return w.kind.Timeout }

// Work gives up when the lease is lost: from then on another process may work the same job.
func (w *worker) Work(ctx context.Context, job *river.Job[envelope]) error {
	ctx, done := w.lease.bind(ctx)
	defer done()
	err := w.kind.Work(ctx, Job{
		ID: job.ID, Attempt: job.Attempt, LastAttempt: job.Attempt >= job.MaxAttempts,
		Principal: job.Args.Principal, Args: job.Args.Args, CreatedAt: job.CreatedAt,
	})
	if cause := context.Cause(ctx); errors.Is(cause, errLeaseLost) {
		return errors.Join(cause, err)
	}
	return err
}
