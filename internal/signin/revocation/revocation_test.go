package revocation_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/postgres/postgrestest"
	signinpg "devportal.internal/internal/signin/postgres"
	"devportal.internal/internal/signin/revocation"
)

var errOver = errors.New("over")

// patience is how long the other replica may take on a busy machine.
const patience = 20 * time.Second

// replica is a process that hears of revocations once it has begun to listen.
func replica(t *testing.T, pool *pgxpool.Pool) *revocation.Revocations {
	t.Helper()
	r := revocation.New(pool, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

// listeners waits until so many connections listen, and returns the processes that serve them.
func listeners(t *testing.T, pool *pgxpool.Pool, want int) []int32 {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var pids []int32
		err := pool.QueryRow(t.Context(), `SELECT coalesce(array_agg(pid), '{}') FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle' AND query = 'SELECT now()' AND pid <> pg_backend_pid()`).Scan(&pids)
		if err != nil {
			t.Fatal(err)
		}
		if len(pids) == want {
			return pids
		}
	}
	t.Fatal("nobody listens")
	return nil
}

func over(t *testing.T, ctx context.Context) {
	t.Helper()
	select {
	case <-ctx.Done():
		if !errors.Is(context.Cause(ctx), errOver) {
			t.Errorf("ended by %v", context.Cause(ctx))
		}
	case <-time.After(patience):
		t.Error("it goes on")
	}
}

func TestRevoked_credentials_end_in_every_replica_and_others_go_on(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t, signinpg.Migrations())
	here, there := replica(t, pool), replica(t, pool)
	listeners(t, pool, 2)
	mine, theirs := here.Watch(t.Context(), "session:a", errOver), there.Watch(t.Context(), "session:a", errOver)
	other := there.Watch(t.Context(), "session:b", errOver)
	if again := here.Watch(t.Context(), "session:a", errOver); again != mine {
		t.Error("a socket that renews its credential is watched twice")
	}
	here.Revoke(t.Context(), "session:a")
	if mine.Err() == nil {
		t.Error("it did not end here at once")
	}
	over(t, theirs)
	over(t, there.Watch(context.WithoutCancel(t.Context()), "session:a", errOver))
	if !here.Revoked("session:a") || !there.Revoked("session:a") || there.Revoked("session:b") {
		t.Error("who comes with what was revoked just now is not told apart")
	}
	if other.Err() != nil {
		t.Error("another session has ended")
	}
}

func TestWhat_is_revoked_while_a_replica_does_not_listen_ends_once_it_does(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t, signinpg.Migrations())
	deaf := replica(t, pool)
	before := listeners(t, pool, 1)
	watched, other := deaf.Watch(t.Context(), "token:a", errOver), deaf.Watch(t.Context(), "token:b", errOver)
	if _, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend($1)`, before[0]); err != nil {
		t.Fatal(err)
	}
	revocation.New(pool, slog.New(slog.DiscardHandler)).Revoke(t.Context(), "token:a")
	over(t, watched)
	listeners(t, pool, 1)
	if other.Err() != nil {
		t.Error("another token has ended")
	}
}
