package events

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// relayLock is the advisory lock of the one process that is the relay.
const relayLock int64 = 0x6576656e7473 // "events"

const tryLeadSQL = `SELECT pg_try_advisory_lock($1)`

// Run does this process's share of the log's work until the context ends: being the relay and applying retention while
// no other process does, waiting to take over otherwise. Run it in every process that can reach the database. What goes
// wrong is logged and tried again; the error is the context's.
func (l *Log) Run(ctx context.Context) error {
	for {
		if err := l.leadOnce(ctx); err != nil && ctx.Err() == nil {
			l.settings.Logger.WarnContext(ctx, "the event relay was interrupted and starts again", "error", err)
		}
		if err := pause(ctx, l.settings.Poll); err != nil {
			return err
		}
	}
}

// leadOnce waits to become the relay, and is the relay until its connection breaks. The lock is the connection's: one
// that ends, however it ends, lets another process take over.
func (l *Log) leadOnce(ctx context.Context) error {
	config := l.pool.Config().ConnConfig.Copy()
	config.Tracer = nil // it polls: its statements are no part of anybody's trace
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := l.awaitLead(ctx, conn); err != nil {
		return err
	}
	leading, stop := context.WithCancel(ctx)
	var sweeping sync.WaitGroup
	sweeping.Go(func() { l.sweepAll(leading) })
	defer sweeping.Wait()
	defer stop()
	return newRelay(l, conn).run(ctx)
}

func (l *Log) awaitLead(ctx context.Context, conn *pgx.Conn) error {
	for {
		var leads bool
		if err := conn.QueryRow(ctx, tryLeadSQL, relayLock).Scan(&leads); err != nil || leads {
			return err
		}
		if err := pause(ctx, l.settings.Poll); err != nil {
			return err
		}
	}
}
