package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Listen opens a connection of its own, beside the pool's, that is notified of a channel. The caller closes it. What it
// does is part of nobody's trace.
func Listen(ctx context.Context, pool *pgxpool.Pool, channel string) (*pgx.Conn, error) {
	const op = "postgres.Listen"
	config := pool.Config().ConnConfig.Copy()
	config.Tracer = nil
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, Fault(op, err)
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, Fault(op, err)
	}
	return conn, nil
}
