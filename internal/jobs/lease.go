package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// leaseClass is the first half of the advisory locks by which runners show that they live.
const leaseClass = 0x6a6f6273 // "jobs"

const (
	leaseCheck = time.Second
	leaseRetry = 200 * time.Millisecond
)

const (
	takeLeaseSQL = `select pg_try_advisory_lock($1::int, hashtext($2))`

	// rescueSQL makes the jobs of dead runners available again. The attempt that died does not count: the limit moves
	// with it, but not for ever, lest a job that kills its process does so again and again.
	rescueSQL = `
		update jobs.river_job j
		set state = case when j.attempt >= $2 then 'discarded'::jobs.river_job_state else 'available'::jobs.river_job_state end,
		    finalized_at = case when j.attempt >= $2 then now() end,
		    max_attempts = greatest(j.max_attempts, least(j.attempt + 1, $2)),
		    scheduled_at = now()
		where j.state = 'running'
		  and not exists (
		    select from pg_locks l
		    where l.locktype = 'advisory' and l.granted and l.objsubid = 2
		      and l.database = (select oid from pg_database where datname = current_database())
		      and l.classid::bigint = $1::bigint
		      and l.objid::bigint = hashtext(j.attempted_by[array_upper(j.attempted_by, 1)])::bigint & 4294967295)`

	// maxDeaths bounds the attempts of a job whose processes die.
	maxDeaths = 25
)

var errLeaseLost = errors.New("the lease on the database was lost")

// lease shows to other runners that this one lives, and rescues the jobs of those that do not.
type lease struct {
	pool     *pgxpool.Pool
	clientID string
	logger   *slog.Logger

	mu sync.Mutex
	// held is a signal to running jobs, not the context of a request: it is cancelled, with errLeaseLost as its cause, when
	// the lease is lost, and replaced when it is taken again.
	held context.Context
	lose context.CancelCauseFunc

	stop context.CancelFunc
	done chan struct{}
}

// startLease takes the lease, rescues what dead runners left, and keeps doing both until close.
func startLease(ctx context.Context, pool *pgxpool.Pool, clientID string, logger *slog.Logger) (*lease, error) {
	l := &lease{pool: pool, clientID: clientID, logger: logger, done: make(chan struct{})}
	conn, err := l.take(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.rescue(ctx); err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go l.keep(run, conn)
	return l, nil
}

// close gives the lease up: after it, jobs that still run here may be rescued by others.
func (l *lease) close() {
	l.stop()
	<-l.done
}

// bind derives a context that ends when the lease is lost.
func (l *lease) bind(ctx context.Context) (context.Context, func()) {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(held, func() { cancel(context.Cause(held)) })
	return ctx, func() { stop(); cancel(nil) }
}

func (l *lease) take(ctx context.Context) (*pgx.Conn, error) {
	cfg := l.pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["application_name"] = "portal jobs lease"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	var taken bool
	if err := conn.QueryRow(ctx, takeLeaseSQL, leaseClass, l.clientID).Scan(&taken); err != nil || !taken {
		return nil, errors.Join(err, errNotTaken(taken), conn.Close(context.WithoutCancel(ctx)))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held, l.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	return conn, nil
}

func errNotTaken(taken bool) error {
	if taken {
		return nil
	}
	return errors.New("another runner holds the same lease")
}

// keep watches the connection that holds the lease, takes it again when it breaks, and looks for the jobs of the dead.
func (l *lease) keep(ctx context.Context, conn *pgx.Conn) {
	defer close(l.done)
	defer func() { l.lose(nil); _ = conn.Close(context.WithoutCancel(ctx)) }()
	for pause(ctx, leaseCheck) {
		if conn.Ping(ctx) == nil {
			l.rescueQuietly(ctx)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		l.lose(errLeaseLost)
		_ = conn.Close(ctx)
		again, ok := l.retake(ctx)
		if !ok {
			return
		}
		conn = again
	}
}

func (l *lease) retake(ctx context.Context) (*pgx.Conn, bool) {
	for pause(ctx, leaseRetry) {
		if conn, err := l.take(ctx); err == nil {
			return conn, true
		}
	}
	return nil, false
}

func (l *lease) rescueQuietly(ctx context.Context) {
	if err := l.rescue(ctx); err != nil && ctx.Err() == nil {
		l.logger.WarnContext(ctx, "rescue jobs", "error", err)
	}
}

func (l *lease) rescue(ctx context.Context) error {
	tag, err := l.pool.Exec(ctx, rescueSQL, leaseClass, maxDeaths)
	if err == nil && tag.RowsAffected() > 0 {
		l.logger.InfoContext(ctx, "took over the jobs of a process that died", "jobs", tag.RowsAffected())
	}
	return err
}

// pause waits and reports whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
