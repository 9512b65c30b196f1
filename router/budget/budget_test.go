package budget_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"devportal.internal/router/budget"
)

// clock is a clock that stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func newBudgets(shared budget.Counter) (*budget.Budgets, *clock) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	return budget.New(budget.Options{Shared: shared, Now: func() time.Time { return c.now }}), c
}

func TestBudgets_are_used_up_and_restored(t *testing.T) {
	t.Parallel()
	budgets, clock := newBudgets(nil)
	bucket := budget.Bucket{Size: 100, Restore: 10}
	take := func(points, available int, wait time.Duration) {
		t.Helper()
		balance, waits := budgets.Take(t.Context(), "a", points, bucket)
		if balance.Available != available || waits != wait {
			t.Errorf("taking %d: %d left, wait %v; want %d, %v", points, balance.Available, waits, available, wait)
		}
	}
	take(60, 40, 0)
	take(60, 40, 2*time.Second)
	take(40, 0, 0)
	clock.pass(time.Second)
	take(11, 10, 100*time.Millisecond)
	take(10, 0, 0)
	if balance := budgets.Return(t.Context(), "a", 30, bucket); balance.Available != 30 {
		t.Errorf("%d after a return", balance.Available)
	}
	if balance := budgets.Return(t.Context(), "a", -50, bucket); balance.Available != 0 {
		t.Errorf("%d after more was used than taken", balance.Available)
	}
	take(1, 0, 2100*time.Millisecond)
	clock.pass(time.Hour)
	take(100, 0, 0)
	if balance, _ := budgets.Take(t.Context(), "b", 1, bucket); balance.Available != 99 {
		t.Error("another caller's bucket is another")
	}
}

func TestBudgets_never_give_more_than_the_bucket_and_what_time_restores(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		budgets, clock := newBudgets(nil)
		bucket := budget.Bucket{Size: rapid.IntRange(1, 1000).Draw(t, "size"), Restore: rapid.IntRange(1, 1000).Draw(t, "restore")}
		began, given := clock.now, 0
		for range 50 {
			clock.pass(time.Duration(rapid.IntRange(0, 2_000_000).Draw(t, "µs")) * time.Microsecond)
			points := rapid.IntRange(0, bucket.Size).Draw(t, "points")
			if _, wait := budgets.Take(context.Background(), "a", points, bucket); wait == 0 {
				unused := rapid.IntRange(0, points).Draw(t, "unused")
				budgets.Return(context.Background(), "a", unused, bucket)
				given += points - unused
			}
			allowed := float64(bucket.Size) + clock.now.Sub(began).Seconds()*float64(bucket.Restore)
			if float64(given) > allowed+1 {
				t.Fatalf("%d given, %.1f allowed", given, allowed)
			}
		}
	})
}

// counter is a shared Counter that can break.
type counter struct {
	values map[string]int64
	err    error
}

func (c *counter) Advance(_ context.Context, key string, floor, by int64, _ time.Duration) (int64, error) {
	if c.err == nil {
		c.values[key] = max(c.values[key], floor) + by
	}
	return c.values[key], c.err
}

func TestBudgets_are_counted_locally_while_the_shared_counter_is_away_and_say_so(t *testing.T) {
	t.Parallel()
	shared := &counter{values: map[string]int64{}}
	c := &clock{time.Unix(1_700_000_000, 0)}
	var log bytes.Buffer
	replica := func() *budget.Budgets {
		return budget.New(budget.Options{Shared: shared, Now: func() time.Time { return c.now }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	}
	one, two := replica(), replica()
	bucket := budget.Bucket{Size: 10, Restore: 1}
	if _, wait := one.Take(t.Context(), "a", 10, bucket); wait != 0 {
		t.Error("a full bucket")
	}
	if _, wait := two.Take(t.Context(), "a", 1, bucket); wait != time.Second {
		t.Errorf("another replica waits %v", wait)
	}
	shared.err = errors.New("away")
	for range 3 {
		if _, wait := one.Take(t.Context(), "a", 3, bucket); wait != 0 || !one.Local() {
			t.Error("the local bucket was full")
		}
	}
	if _, wait := one.Take(t.Context(), "a", 3, bucket); wait != 2*time.Second {
		t.Errorf("the local bucket waits %v", wait)
	}
	shared.err = nil
	c.pass(time.Second)
	if _, wait := one.Take(t.Context(), "a", 2, bucket); wait != time.Second || one.Local() {
		t.Errorf("back again: wait %v", wait)
	}
	if lines := log.String(); strings.Count(lines, "\n") != 2 || strings.Count(lines, "for itself") != 1 {
		t.Errorf("logged: %s", lines)
	}
}
