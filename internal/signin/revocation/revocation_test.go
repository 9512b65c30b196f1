package revocation_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"devportal.internal/internal/signin/revocation"
)

var errOver = errors.New("over")

// patience is how long the other replica may take on a busy machine.
const patience = 20 * time.Second

// replica is a process that hears of revocations.
func replica(t *testing.T, address string) *revocation.Revocations {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: address})
	r := revocation.New(client, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		_ = client.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
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
	server := miniredis.RunT(t)
	here, there := replica(t, server.Addr()), replica(t, server.Addr())
	for server.PubSubNumSub("portal:revoked")["portal:revoked"] < 2 {
		time.Sleep(time.Millisecond)
	}
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
	if other.Err() != nil {
		t.Error("another session has ended")
	}
}

func TestWhat_was_missed_while_Redis_was_away_ends_everything(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	r := replica(t, server.Addr())
	for server.PubSubNumSub("portal:revoked")["portal:revoked"] < 1 {
		time.Sleep(time.Millisecond)
	}
	watched := r.Watch(t.Context(), "session:a", errOver)
	server.Close()
	here := r.Watch(t.Context(), "session:b", errOver)
	r.Revoke(t.Context(), "session:b")
	over(t, here)
	if watched.Err() != nil {
		t.Error("all has ended before Redis came back")
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	over(t, watched)
}
