package audit

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
)

// Options say how a log works.
type Options struct {
	// Logger is told what goes wrong; nil means [slog.Default].
	Logger *slog.Logger
	// Poll is how often committed events of other processes are looked for; 0 means 500 ms.
	Poll time.Duration
	// UnknownAfter is how long after its beginning something whose outcome nobody told is recorded with the outcome
	// [Unknown]; 0 means 2 minutes.
	UnknownAfter time.Duration
	// Now is the clock that repeated refusals are counted by; nil means [time.Now].
	Now func() time.Time
}

// Log is the audit log of one database. It is safe for concurrent use.
type Log struct {
	pool    *pgxpool.Pool
	options Options
	wake    chan struct{}
	denials *denials
}

// Open makes a log on a database in which [Migrations] were applied.
func Open(pool *pgxpool.Pool, options Options) *Log {
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Poll <= 0 {
		options.Poll = 500 * time.Millisecond
	}
	if options.UnknownAfter <= 0 {
		options.UnknownAfter = 2 * time.Minute
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Log{pool: pool, options: options, wake: make(chan struct{}, 1), denials: newDenials(options.Now)}
}

const recordSQL = `
	INSERT INTO audit.outbox (kind, action, outcome, code, trace_id, facts) VALUES ($1, $2, $3, $4, $5, $6)`

// Record remembers an event by itself: for what has no transaction, such as a sign-in or something refused. Who did it,
// from where and in which trace is taken from the context where the event does not say. It returns once the event is
// kept for good.
func (l *Log) Record(ctx context.Context, e Event) error {
	if err := l.record(ctx, l.pool, e); err != nil {
		return err
	}
	l.Wake()
	return nil
}

// RecordIn remembers an event in the transaction that causes it: the one is kept if, and only if, the other is. Call
// [Log.Wake] after the commit to have it chained at once.
func (l *Log) RecordIn(ctx context.Context, tx pgx.Tx, e Event) error { return l.record(ctx, tx, e) }

// Wake has committed events chained soon.
func (l *Log) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// executor is a pool or a transaction.
type executor interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

func (l *Log) record(ctx context.Context, db executor, e Event) error {
	return write(ctx, db, completed(ctx, e))
}

func write(ctx context.Context, db executor, e Event) error {
	const op = "audit.Record"
	if e.Kind == "" || e.Action == "" || e.Outcome == "" {
		return fault.New(fault.KindInternal, op, "an event has a kind, an action and an outcome")
	}
	e = e.bounded()
	facts, err := json.Marshal(e.Facts)
	if err != nil {
		return fault.Internal(op, err)
	}
	_, err = db.Exec(ctx, recordSQL, e.Kind, e.Action, e.Outcome, e.Code, e.TraceID, string(facts))
	return postgres.Fault(op, err)
}

// completed takes from the context what the event does not say.
func completed(ctx context.Context, e Event) Event {
	if p, ok := auth.FromContext(ctx); ok {
		if e.Actor == "" {
			e.Actor = p.Subject
		}
		if e.CredentialID == "" && e.Actor == p.Subject {
			e.CredentialID = p.ID
		}
		if e.Address == "" {
			e.Address = p.Address
		}
	}
	if span := trace.SpanContextFromContext(ctx); e.TraceID == "" && span.HasTraceID() {
		e.TraceID = span.TraceID().String()
	}
	return e
}
