package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
)

// Schema is the database schema of the jobs.
const Schema = "jobs"

// rescueNever hands the rescue of jobs over to leases, which notice a death within a second; River's own clock is the
// last resort.
const rescueNever = 24 * time.Hour

// Options say what a runner works. The zero value inserts only.
type Options struct {
	// Kinds are worked by this process.
	Kinds []Kind
	// Logger is told about failures; nil means none.
	Logger *slog.Logger
	// PollInterval is how often to look for work that no notification announced; 0 means a second.
	PollInterval time.Duration
}

// Runner inserts jobs and works them.
type Runner struct {
	pool     *pgxpool.Pool
	client   *river.Client[pgx.Tx]
	kinds    map[string]Kind
	clientID string
	logger   *slog.Logger
	lease    *lease
	workers  []*worker
	started  atomic.Bool
}

// New prepares a runner over a database that [Migrate] has prepared. Nothing runs before [Runner.Start].
func New(pool *pgxpool.Pool, opts Options) (*Runner, error) {
	r := &Runner{pool: pool, kinds: map[string]Kind{}, clientID: "portal-" + rand.Text(), logger: opts.Logger}
	if r.logger == nil {
		r.logger = slog.New(slog.DiscardHandler)
	}
	cfg, err := r.config(opts)
	if err != nil {
		return nil, err
	}
	r.client, err = river.NewClient(riverpgxv5.New(pool), cfg)
	if err != nil {
		return nil, fmt.Errorf("prepare jobs: %w", err)
	}
	return r, nil
}

// Start begins to work, first of all what a process that died left unfinished. A runner without kinds has nothing to
// start.
func (r *Runner) Start(ctx context.Context) error {
	if len(r.kinds) == 0 {
		return nil
	}
	lease, err := startLease(ctx, r.pool, r.clientID, r.logger)
	if err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	r.lease = lease
	for _, w := range r.workers {
		w.lease = lease
	}
	// River ends with the context that it was started with; ours is that of the start alone.
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		lease.close()
		return fmt.Errorf("start jobs: %w", err)
	}
	r.started.Store(true)
	return nil
}

// Stop takes no more jobs and waits for the running ones; when ctx is done, they are cancelled, and run again elsewhere
// or later.
func (r *Runner) Stop(ctx context.Context) error {
	if !r.started.CompareAndSwap(true, false) {
		return nil
	}
	defer r.lease.close()
	if err := r.client.Stop(ctx); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := r.client.StopAndCancel(hard); err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

// InsertOptions say how a job is inserted. The zero value is fine.
type InsertOptions struct {
	// Principal is on whose behalf it runs; it is stored as JSON.
	Principal any
	// At is when it may run at the earliest; zero means now.
	At time.Time
	// Unique inserts nothing while a job of the same kind, arguments and principal waits or runs.
	Unique bool
	// MaxAttempts overrides the kind's.
	MaxAttempts int
}

// Insert adds a job in the transaction, or on its own when tx is nil, and gives its id (with Unique, perhaps that of
// the job that was there). Another process may work the kind.
func (r *Runner) Insert(ctx context.Context, tx pgx.Tx, kind string, args any, opts InsertOptions) (int64, error) {
	const op = "jobs.Insert"
	sealed, err := seal(kind, args, opts.Principal)
	if err != nil {
		return 0, fault.Internal(op, err)
	}
	var result *rivertype.JobInsertResult
	if tx == nil {
		result, err = r.client.Insert(ctx, sealed, r.insertOpts(kind, opts))
	} else {
		result, err = r.client.InsertTx(ctx, tx, sealed, r.insertOpts(kind, opts))
	}
	if err != nil {
		return 0, postgres.Fault(op, err)
	}
	return result.Job.ID, nil
}

// Cancel ends a job: one that waits never runs, one that runs finds its context cancelled. Cancelling a job that has
// ended changes nothing.
func (r *Runner) Cancel(ctx context.Context, id int64) error {
	const op = "jobs.Cancel"
	_, err := r.client.JobCancel(ctx, id)
	if errors.Is(err, river.ErrNotFound) {
		return fault.Wrap(fault.KindNotFound, op, err)
	}
	return postgres.Fault(op, err)
}
