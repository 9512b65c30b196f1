package audit

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
)

// CodeUnavailable is the code of the fault of what is not done because it could not be remembered.
const CodeUnavailable = "AUDIT_UNAVAILABLE"

// Begun is something that was remembered before it was done.
type Begun struct {
	id    int64
	event Event
}

// The statements of what begins and ends.
const (
	beginSQL = `INSERT INTO audit.begun (kind, action, trace_id, facts) VALUES ($1, $2, $3, $4) RETURNING id`
	endSQL   = `DELETE FROM audit.begun WHERE id = $1`

	// abandonedSQL is what $1 microseconds have passed since the beginning of.
	abandonedSQL = `SELECT id FROM audit.begun WHERE recorded_at < clock_timestamp() - $1 * interval '1 microsecond'`
	abandonSQL   = `
		WITH gone AS (DELETE FROM audit.begun WHERE id IN (` + abandonedSQL + ` ORDER BY id LIMIT $2) RETURNING *)
		INSERT INTO audit.outbox (recorded_at, kind, action, outcome, code, trace_id, facts)
		SELECT recorded_at, kind, action, $3, '', trace_id, facts FROM gone ORDER BY id`
)

// recordTimeout bounds how long telling the log may hold up an answer, or an end.
const recordTimeout = 5 * time.Second

// Begin remembers an event before it takes place, for good once it returns; the outcome is told by [Log.End]. Where nobody
// tells it, since the process has been killed, the event is recorded with the outcome [Unknown] after
// [Options.UnknownAfter]. The fault of what cannot be remembered is unavailable: what was to begin must not.
func (l *Log) Begin(ctx context.Context, e Event) (Begun, error) {
	const op = "audit.Begin"
	b := Begun{event: completed(ctx, e)}
	e = b.event.bounded()
	facts, err := json.Marshal(e.Facts)
	if err != nil {
		return Begun{}, fault.Internal(op, err)
	}
	if err := l.pool.QueryRow(ctx, beginSQL, e.Kind, e.Action, e.TraceID, string(facts)).Scan(&b.id); err != nil {
		return Begun{}, fault.Unavailable(op, err).WithCode(CodeUnavailable).
			WithMessage("nothing was changed, since the audit log cannot remember it now: try again later")
	}
	return b, nil
}

// End tells what came of something that has begun, also when whoever asked has gone. What goes wrong is logged; the outcome
// stays unknown then.
func (l *Log) End(ctx context.Context, b Begun, outcome Outcome, code string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	e := b.event
	e.Outcome, e.Code = outcome, code
	err := postgres.InTx(ctx, l.pool, "audit.End", func(ctx context.Context, tx pgx.Tx) error {
		if err := chaining(ctx, tx, func() error {
			_, err := tx.Exec(ctx, endSQL, b.id)
			return err
		}); err != nil {
			return err
		}
		return write(ctx, tx, e)
	})
	if err != nil {
		l.options.Logger.ErrorContext(ctx, "the audit log could not be told an outcome", "kind", e.Kind, "action", e.Action, "error", err)
		return
	}
	l.Wake()
}

// abandon makes events of unknown outcome of what began too long ago.
func (l *Log) abandon(ctx context.Context, tx pgx.Tx) error {
	return chaining(ctx, tx, func() error {
		_, err := tx.Exec(ctx, abandonSQL, l.options.UnknownAfter.Microseconds(), chainRows, Unknown)
		return err
	})
}

// chaining does what the database's triggers let happen only on the way into the chain.
func chaining(ctx context.Context, tx pgx.Tx, do func() error) error {
	if _, err := tx.Exec(ctx, chainingSQL); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, doneSQL)
	return err
}
