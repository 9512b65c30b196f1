package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/fault"
)

// How long a transaction is tried again, and how long to wait between two tries: enough for a server that restarts.
const (
	retryFor      = 5 * time.Second
	firstRetry    = 10 * time.Millisecond
	longestRetry  = 500 * time.Millisecond
	rollbackBound = 2 * time.Second
)

// InTx runs work in a transaction and commits it. It runs work again, from the start and for at most five seconds, when
// that is safe and may help: a serialization failure, a deadlock, a server that restarts, as long as the commit was not
// sent. So work must have no effects but its SQL. A commit whose answer was lost is not repeated: the fault is
// unavailable, and whether it took place is not known.
//
// Errors are translated by [Fault].
func InTx(ctx context.Context, pool *pgxpool.Pool, op string, work func(ctx context.Context, tx pgx.Tx) error) error {
	deadline := time.Now().Add(retryFor)
	for wait := firstRetry; ; wait = min(2*wait, longestRetry) {
		again, err := tryTx(ctx, pool, work)
		if err == nil {
			return nil
		}
		if !again || time.Now().After(deadline) || !sleep(ctx, wait/2+rand.N(wait)) {
			return Fault(op, err)
		}
	}
}

// tryTx runs work once and reports whether another try is safe and may help.
func tryTx(ctx context.Context, pool *pgxpool.Pool, work func(context.Context, pgx.Tx) error) (again bool, err error) {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return fault.KindOf(Fault("begin", err)) == fault.KindUnavailable && ctx.Err() == nil, err
	}
	defer rollBack(ctx, tx)
	if err := work(ctx, tx); err != nil {
		return ctx.Err() == nil && (tx.Conn().IsClosed() || mustRepeat(err)), err
	}
	err = tx.Commit(ctx)
	return err != nil && mustRepeat(err), err
}

// rollBack ends a transaction that was not committed, also when its context has ended, and changes nothing otherwise.
// A panic in work comes by here too.
func rollBack(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackBound)
	defer cancel()
	// Where rolling back fails, the connection is lost, and the transaction with it.
	_ = tx.Rollback(ctx)
}

// mustRepeat reports whether PostgreSQL asks for a repetition: it rolled back for a reason that passes.
func mustRepeat(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	return pgErr.Code == serializationFail || pgErr.Code == deadlockDetected
}
