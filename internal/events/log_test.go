package events_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

const topic = "things"

// world is a database with a log, and whatever a test starts on it.
type world struct {
	t    *testing.T
	pool *pgxpool.Pool
	log  *events.Log
}

func newWorld(t *testing.T, settings events.Settings) *world {
	t.Helper()
	pool := postgrestest.New(t, postgres.Migrations{Schema: events.Schema, Files: events.Migrations()})
	return &world{t: t, pool: pool, log: openLog(t, pool, settings)}
}

func openLog(t *testing.T, pool *pgxpool.Pool, settings events.Settings) *events.Log {
	t.Helper()
	if settings.Poll == 0 {
		settings.Poll = 20 * time.Millisecond
	}
	log := events.Open(pool, settings)
	t.Cleanup(log.Close)
	return log
}

// relay runs a log in the background until the test ends or stop is called.
func (w *world) relay(log *events.Log) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = log.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	w.t.Cleanup(stop)
	return stop
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

func event(key string, n int) events.Event {
	payload, _ := json.Marshal(n)
	return events.Event{Topic: topic, Key: key, Type: "changed", Payload: payload}
}

func removal(key string) events.Event {
	return events.Event{Topic: topic, Key: key, Type: "removed", Removal: true}
}

func (w *world) append(all ...events.Event) events.Receipt {
	w.t.Helper()
	var receipt events.Receipt
	err := pgx.BeginFunc(w.ctx(), w.pool, func(tx pgx.Tx) (err error) {
		receipt, err = events.Append(w.ctx(), tx, all...)
		return err
	})
	if err != nil {
		w.t.Fatalf("append: %v", err)
	}
	return receipt
}

func (w *world) appendSettled(all ...events.Event) events.Cursor {
	w.t.Helper()
	cursor, err := w.log.Settled(w.ctx(), w.append(all...))
	if err != nil {
		w.t.Fatalf("settle: %v", err)
	}
	return cursor
}

func (w *world) subscribe(log *events.Log, after events.Cursor, filter events.Filter) *events.Subscription {
	w.t.Helper()
	s, err := log.Subscribe(w.ctx(), topic, after, filter)
	if err != nil {
		w.t.Fatalf("subscribe: %v", err)
	}
	w.t.Cleanup(s.Close)
	return s
}

// next reads n events as "key=payload" and checks that their cursors ascend.
func (w *world) next(s *events.Subscription, n int) []string {
	w.t.Helper()
	got := make([]string, n)
	for i := range got {
		before := s.Last()
		e, err := s.Next(w.ctx())
		if err != nil {
			w.t.Fatalf("next after %v: %v", got[:i], err)
		}
		if !e.Cursor.After(before) {
			w.t.Fatalf("the cursor of %s=%s is not after the one before", e.Key, e.Payload)
		}
		got[i] = fmt.Sprintf("%s=%s", e.Key, e.Payload)
	}
	return got
}
