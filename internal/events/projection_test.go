package events_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/events"
)

// recorder is a projection that remembers, and fails when it is told to.
type recorder struct {
	mu     sync.Mutex
	fail   int
	seen   []string
	resets int
}

func (r *recorder) Apply(_ context.Context, _ pgx.Tx, all []events.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail > 0 {
		r.fail--
		return errors.New("told to fail")
	}
	for _, e := range all {
		r.seen = append(r.seen, fmt.Sprintf("%s=%s", e.Key, e.Payload))
	}
	return nil
}

func (r *recorder) Reset(context.Context, pgx.Tx) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resets++
	r.seen = nil
	return nil
}

// counter is a projection into a table: the sum of the payloads.
type counter struct{}

func (counter) Apply(ctx context.Context, tx pgx.Tx, all []events.Event) error {
	for _, e := range all {
		if _, err := tx.Exec(ctx, "UPDATE public.total SET n = n + $1::text::bigint", string(e.Payload)); err != nil {
			return err
		}
	}
	return nil
}

func (counter) Reset(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE public.total SET n = 0")
	return err
}

func catchUp(w *world, c *events.Consumer) {
	w.t.Helper()
	if err := c.CatchUp(w.ctx()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) consume(c *events.Consumer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Run(ctx)
	}()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

func TestConsumerAppliesEachEventExactlyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	if _, err := w.pool.Exec(w.ctx(), "CREATE TABLE public.total AS SELECT 0::bigint AS n"); err != nil {
		t.Fatal(err)
	}
	w.relay(w.log)
	stopFirst := w.consume(w.log.Consumer("sum", topic, counter{}))
	w.consume(openLog(t, w.pool, events.Settings{}).Consumer("sum", topic, counter{}))
	want := 0
	var receipt events.Receipt
	for i := range 100 {
		receipt = w.append(event("k", i))
		want += i
		if i == 50 {
			stopFirst()
		}
	}
	if err := w.log.WaitApplied(w.ctx(), topic, receipt, "sum"); err != nil {
		t.Fatal(err)
	}
	var got int
	if err := w.pool.QueryRow(w.ctx(), "SELECT n FROM public.total").Scan(&got); err != nil || got != want {
		t.Errorf("got %d, %v; want %d", got, err, want)
	}
	if ok, err := w.log.CaughtUp(w.ctx(), topic); err != nil || !ok {
		t.Errorf("caught up: %v, %v", ok, err)
	}
}

func TestConsumerTriesAgainAndSkipsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	w.relay(w.log)
	r := &recorder{fail: 2}
	w.consume(w.log.Consumer("flaky", topic, r))
	receipt := w.append(event("a", 1), event("b", 2))
	if err := w.log.WaitApplied(w.ctx(), topic, receipt, "flaky"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a=1", "b=2"}, r.seen); diff != "" {
		t.Error(diff)
	}
}

func TestConsumerThatWasAwayTooLongIsRebuilt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{
		Retention: events.Retention{Count: 1, Age: time.Hour}, Sweep: time.Hour, Absence: time.Nanosecond,
	})
	w.relay(w.log)
	r := &recorder{}
	consumer := w.log.Consumer("away", topic, r)
	w.appendSettled(event("gone", 1), event("stays", 1))
	catchUp(w, consumer)
	w.appendSettled(removal("gone"), event("new", 1), event("new", 2))
	sweep(w)
	catchUp(w, consumer)
	if diff := cmp.Diff([]string{"stays=1", "new=2"}, r.seen); diff != "" || r.resets != 1 {
		t.Errorf("%d resets, and\n%s", r.resets, diff)
	}
}

func TestWaitForGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	w.relay(w.log)
	cursor := w.appendSettled(event("a", 1))
	ctx, cancel := context.WithTimeout(w.ctx(), 50*time.Millisecond)
	defer cancel()
	if err := w.log.WaitFor(ctx, topic, cursor, "nobody"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if ok, err := w.log.CaughtUp(w.ctx(), topic, "nobody"); err != nil || ok {
		t.Errorf("caught up: %v, %v", ok, err)
	}
}
