package postgres

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What a pool is given where Options say nothing.
const (
	defaultStatementTimeout = 30 * time.Second
	defaultConnectTimeout   = 5 * time.Second
	minPoolSize             = 8
	connsPerCPU             = 4
	maxConnLifetime         = time.Hour
	maxConnIdleTime         = 10 * time.Minute
	idleInTransaction       = time.Minute
)

// Options say how to open a pool. Only URL is required.
type Options struct {
	// URL is a connection string of libpq's form. It may hold a password: never log it.
	URL string
	// MaxConns bounds the pool; 0 means four a CPU and at least eight.
	MaxConns int32
	// StatementTimeout bounds every statement on the server's side; 0 means 30 seconds, negative none.
	StatementTimeout time.Duration
	// ApplicationName is what pg_stat_activity shows; "" means "portal".
	ApplicationName string
}

// Open makes a pool and proves that one connection works. Queries are traced with OpenTelemetry and counted for
// [CountStatements]. The error is that of pgx, which leaves passwords out.
func Open(ctx context.Context, opts Options) (*pgxpool.Pool, error) {
	cfg, err := poolConfig(opts)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return pool, nil
}

// Measure adds the pool's size and use to the process's metrics. Call it once for a pool that lives as long as the
// process.
func Measure(pool *pgxpool.Pool) error {
	if err := otelpgx.RecordStats(pool); err != nil {
		return fmt.Errorf("measure the database pool: %w", err)
	}
	return nil
}

func poolConfig(opts Options) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(opts.URL)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	cfg.MaxConns = poolSize(opts.MaxConns)
	cfg.MaxConnLifetime = maxConnLifetime
	cfg.MaxConnLifetimeJitter = maxConnLifetime / 10
	cfg.MaxConnIdleTime = maxConnIdleTime
	cfg.ConnConfig.Tracer = tracer()
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = defaultConnectTimeout
	}
	setRuntimeParams(cfg.ConnConfig.RuntimeParams, opts)
	return cfg, nil
}

func poolSize(wanted int32) int32 {
	if wanted > 0 {
		return wanted
	}
	return max(minPoolSize, int32(min(runtime.NumCPU()*connsPerCPU, 64)))
}

func setRuntimeParams(params map[string]string, opts Options) {
	timeout := opts.StatementTimeout
	if timeout == 0 {
		timeout = defaultStatementTimeout
	}
	params["application_name"] = "portal"
	if opts.ApplicationName != "" {
		params["application_name"] = opts.ApplicationName
	}
	params["statement_timeout"] = milliseconds(max(timeout, 0))
	params["idle_in_transaction_session_timeout"] = milliseconds(idleInTransaction)
	params["timezone"] = "UTC"
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func tracer() pgx.QueryTracer {
	return multitracer.New(statementTracer{}, otelpgx.NewTracer(
		otelpgx.WithDisableConnectionDetailsInAttributes(),
	))
}
