package postgres_test

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

func TestInTx(t *testing.T) {
	t.Parallel()
	t.Run("an error of the work rolls back and is not repeated", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t, fruit())
		runs := 0
		err := postgres.InTx(t.Context(), pool, "test", func(ctx context.Context, tx pgx.Tx) error {
			runs++
			if _, err := tx.Exec(ctx, "insert into fruit.apples values ('x')"); err != nil {
				return err
			}
			return fault.Conflict("inner", "exists").WithCode("EXISTS")
		})
		if fault.Code(err) != "EXISTS" || runs != 1 {
			t.Errorf("error = %v after %d runs", err, runs)
		}
		var n int
		if err := pool.QueryRow(t.Context(), "select count(*) from fruit.apples").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
	t.Run("a deadlock is resolved by repeating", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t)
		if _, err := pool.Exec(t.Context(), "create table t as select 1 as id, 0 as n union select 2, 0"); err != nil {
			t.Fatal(err)
		}
		update := func(first, second int, met chan<- struct{}, wait <-chan struct{}) error {
			return postgres.InTx(t.Context(), pool, "test", func(ctx context.Context, tx pgx.Tx) error {
				if _, err := tx.Exec(ctx, "update t set n = n + 1 where id = $1", first); err != nil {
					return err
				}
				select {
				case met <- struct{}{}:
				default:
				}
				<-wait
				_, err := tx.Exec(ctx, "update t set n = n + 1 where id = $1", second)
				return err
			})
		}
		a, b, both := make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})
		go func() { <-a; <-b; close(both) }()
		var group errgroup.Group
		group.Go(func() error { return update(1, 2, a, both) })
		group.Go(func() error { return update(2, 1, b, both) })
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		var sum int
		if err := pool.QueryRow(t.Context(), "select sum(n) from t").Scan(&sum); err != nil || sum != 4 {
			t.Errorf("sum = %d, %v", sum, err)
		}
	})
	t.Run("a cancelled context ends it", func(t *testing.T) {
		t.Parallel()
		pool := postgrestest.New(t)
		ctx, cancel := context.WithCancel(t.Context())
		err := postgres.InTx(ctx, pool, "test", func(ctx context.Context, tx pgx.Tx) error {
			cancel()
			_, err := tx.Exec(ctx, "select 1")
			return err
		})
		if !errors.Is(err, context.Canceled) || !fault.Is(err, fault.KindUnavailable) {
			t.Errorf("error = %v", err)
		}
	})
}

// TestInTxAcrossARestart is fault 4: PostgreSQL restarts during writes; none is lost and none is doubled. A backend
// that is killed makes the server end every connection and recover.
func TestInTxAcrossARestart(t *testing.T) {
	t.Parallel()
	const writers, writes = 4, 100
	server := startWith(t, postgres.ServerOptions{DataDir: t.TempDir()})
	defer stop(t, server)
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), "create table t (writer int, n int)"); err != nil {
		t.Fatal(err)
	}
	var unknown, done atomic.Int64
	halfWay := make(chan struct{})
	var group errgroup.Group
	for writer := range writers {
		group.Go(func() error {
			for n := range writes {
				err := postgres.InTx(t.Context(), pool, "test", func(ctx context.Context, tx pgx.Tx) error {
					_, err := tx.Exec(ctx, "insert into t values ($1, $2)", writer, n)
					return err
				})
				if err != nil {
					unknown.Add(1)
				}
				if done.Add(1) == writers*writes/2 {
					close(halfWay)
				}
			}
			return nil
		})
	}
	<-halfWay
	killBackend(t, server)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var rows, distinct int64
	const count = "select count(*), count(distinct (writer, n)) from t"
	if err := pool.QueryRow(t.Context(), count).Scan(&rows, &distinct); err != nil {
		t.Fatal(err)
	}
	if rows != distinct {
		t.Errorf("%d rows, %d of them distinct: writes were doubled", rows, distinct)
	}
	// Only a commit that was under way when the server went may have an unknown outcome.
	if lost := writers*writes - rows; lost > unknown.Load() || unknown.Load() > writes {
		t.Errorf("%d writes lost, %d of unknown outcome", lost, unknown.Load())
	}
	t.Logf("%d of %d writes had an unknown outcome", unknown.Load(), writers*writes)
}

func killBackend(t *testing.T, server *postgres.Server) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := syscall.Kill(int(conn.PgConn().PID()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
