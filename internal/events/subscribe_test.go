package events_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
)

func TestSubscription(t *testing.T) {
	t.Parallel()
	for name, withRedis := range map[string]bool{"from PostgreSQL alone": false, "through Redis": true} {
		settings := func(t *testing.T) events.Settings {
			if !withRedis {
				return events.Settings{}
			}
			_, client := startRedis(t)
			return events.Settings{Redis: client}
		}
		t.Run("it catches up and goes live without a gap, "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, settings(t))
			w.relay(w.log)
			w.appendSettled(event("a", 1), event("b", 2))
			s := w.subscribe(w.log, events.Cursor{}, events.Filter{})
			if diff := cmp.Diff([]string{"a=1", "b=2"}, w.next(s, 2)); diff != "" {
				t.Error(diff)
			}
			w.append(event("c", 3))
			if diff := cmp.Diff([]string{"c=3"}, w.next(s, 1)); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("many subscribers see the same while transactions commit at random, "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, settings(t))
			w.relay(w.log)
			assertAllSeeTheSame(t, w)
		})
	}
}

// assertAllSeeTheSame lets writers commit at once while subscribers come and resume, and compares their histories.
func assertAllSeeTheSame(t *testing.T, w *world) {
	t.Helper()
	const writers, each = 4, 50
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			for i := range each {
				w.append(event(fmt.Sprint("key", n), i))
			}
		})
	}
	histories := make([][]string, 6)
	for i := range histories {
		wg.Go(func() { histories[i] = readResuming(w, writers*each, 10+7*i) })
	}
	wg.Wait()
	for _, h := range histories[1:] {
		if diff := cmp.Diff(histories[0], h); diff != "" {
			t.Fatalf("two subscribers saw different things:\n%s", diff)
		}
	}
	for n := range writers {
		var ofKey, want []string
		for _, e := range histories[0] {
			if strings.HasPrefix(e, fmt.Sprintf("key%d=", n)) {
				ofKey = append(ofKey, e)
			}
		}
		for i := range each {
			want = append(want, fmt.Sprintf("key%d=%d", n, i))
		}
		if diff := cmp.Diff(want, ofKey); diff != "" {
			t.Errorf("the events of one key are not in order:\n%s", diff)
		}
	}
}

// readResuming reads n events, and leaves and comes back with its last cursor after every few.
func readResuming(w *world, n, few int) (all []string) {
	var cursor events.Cursor
	for len(all) < n {
		s := w.subscribe(w.log, cursor, events.Filter{})
		all = append(all, w.next(s, min(few, n-len(all)))...)
		cursor = s.Last()
		s.Close()
	}
	return all
}

func TestSubscriptionFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	w.relay(w.log)
	w.appendSettled(event("a", 1), event("b", 2), removal("a"), event("c", 3))
	s := w.subscribe(w.log, events.Cursor{}, events.Filter{Keys: []string{"a", "c"}, Types: []string{"changed"}})
	if diff := cmp.Diff([]string{"a=1", "c=3"}, w.next(s, 2)); diff != "" {
		t.Error(diff)
	}
	w.append(event("b", 4), removal("c"), event("a", 5))
	if diff := cmp.Diff([]string{"a=5"}, w.next(s, 1)); diff != "" {
		t.Error(diff)
	}
}

func TestHeadIsWhereALateSubscriberBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	w.relay(w.log)
	w.appendSettled(event("a", 1))
	head, err := w.log.Start(w.ctx(), topic, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.appendSettled(event("a", 2))
	text := head.String()
	after, err := w.log.Start(w.ctx(), topic, &text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a=2"}, w.next(w.subscribe(w.log, after, events.Filter{}), 1)); diff != "" {
		t.Error(diff)
	}
}

func TestALateCommitterIsNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	w.relay(w.log)
	s := w.subscribe(w.log, events.Cursor{}, events.Filter{})
	late, err := w.pool.Begin(w.ctx())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := events.Append(w.ctx(), late, event("late", 1)); err != nil {
		t.Fatal(err)
	}
	w.append(event("early", 2))
	if diff := cmp.Diff([]string{"early=2"}, w.next(s, 1)); diff != "" {
		t.Error(diff)
	}
	if err := late.Commit(w.ctx()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"late=1"}, w.next(s, 1)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsRolledBackNeverHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	w.relay(w.log)
	tx, err := w.pool.Begin(w.ctx())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := events.Append(w.ctx(), tx, event("never", 1)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(w.ctx()); err != nil {
		t.Fatal(err)
	}
	w.append(event("once", 2))
	if diff := cmp.Diff([]string{"once=2"}, w.next(w.subscribe(w.log, events.Cursor{}, events.Filter{}), 1)); diff != "" {
		t.Error(diff)
	}
}

func TestEventsOfOneKeyFollowTheOrderOfTransactions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	first, err := w.pool.Begin(w.ctx())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := events.Append(w.ctx(), first, event("k", 1)); err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		second <- pgx.BeginFunc(w.ctx(), w.pool, func(tx pgx.Tx) error {
			_, err := events.Append(w.ctx(), tx, event("k", 2))
			return err
		})
	}()
	select {
	case err := <-second:
		t.Fatalf("a second transaction appended to a key that the first one holds: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := first.Commit(w.ctx()); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Fatal(err)
	}
	w.relay(w.log)
	if diff := cmp.Diff([]string{"k=1", "k=2"}, w.next(w.subscribe(w.log, events.Cursor{}, events.Filter{}), 2)); diff != "" {
		t.Error(diff)
	}
}

func TestASlowSubscriberIsToldItsLastCursor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{QueueBytes: 2000})
	w.relay(w.log)
	w.appendSettled(event("seen", 0))
	slow := w.subscribe(w.log, events.Cursor{}, events.Filter{})
	fast := w.subscribe(w.log, events.Cursor{}, events.Filter{})
	w.next(slow, 1)
	w.next(fast, 1)
	goLive(w, slow)
	for i := 1; i <= 40; i++ {
		w.append(event("flood", i))
		w.next(fast, 1)
	}
	_, err := slow.Next(w.ctx())
	for err == nil {
		_, err = slow.Next(w.ctx())
	}
	var slowErr *events.SlowError
	if !errors.As(err, &slowErr) || fault.Code(err) != events.CodeSubscriberSlow {
		t.Fatalf("got %v", err)
	}
	if slowErr.Last != slow.Last() {
		t.Error("the error does not name the last event that was delivered")
	}
	back := w.subscribe(w.log, slowErr.Last, events.Filter{})
	if got := w.next(back, 1); !strings.HasPrefix(got[0], "flood=") {
		t.Errorf("after coming back: %v", got)
	}
}

// goLive lets a subscription reach the end of the log: Next waits there until its context ends.
func goLive(w *world, s *events.Subscription) {
	ctx, cancel := context.WithTimeout(w.ctx(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		w.t.Fatalf("expected nothing more, got %v", err)
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	t.Run("a malformed one is refused with its code", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"", "x", strings.Repeat("A", 18), strings.Repeat("_", 18), strings.Repeat("é", 9), "' OR 1=1 --       "} {
			_, err := events.ParseCursor(text)
			if fault.Code(err) != events.CodeCursorInvalid || !fault.Is(err, fault.KindInvalid) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
	t.Run("one of another database has expired", func(t *testing.T) {
		t.Parallel()
		one, other := newWorld(t, events.Settings{}), newWorld(t, events.Settings{})
		one.relay(one.log)
		cursor := one.appendSettled(event("a", 1))
		_, err := other.log.Subscribe(other.ctx(), topic, cursor, events.Filter{})
		if fault.Code(err) != events.CodeCursorExpired {
			t.Errorf("got %v", err)
		}
	})
	t.Run("text and back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, events.Settings{})
		w.relay(w.log)
		cursor := w.appendSettled(event("a", 1))
		parsed, err := events.ParseCursor(cursor.String())
		if err != nil || parsed != cursor {
			t.Errorf("got %v, %v", parsed, err)
		}
	})
}

func TestAClosedLogEndsItsSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	s := w.subscribe(w.log, events.Cursor{}, events.Filter{})
	goLive(w, s)
	w.log.Close()
	if _, err := s.Next(w.ctx()); !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("got %v", err)
	}
	if _, err := w.log.Subscribe(w.ctx(), topic, events.Cursor{}, events.Filter{}); !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestAppendRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	for name, e := range map[string]events.Event{
		"no topic":     {Key: "k"},
		"no key":       {Topic: topic},
		"no JSON":      {Topic: topic, Key: "k", Payload: []byte("{")},
		"long key":     {Topic: topic, Key: strings.Repeat("k", events.MaxKeyBytes+1)},
		"long payload": {Topic: topic, Key: "k", Payload: slices.Repeat([]byte(" "), events.MaxPayloadBytes+1)},
	} {
		err := pgx.BeginFunc(w.ctx(), w.pool, func(tx pgx.Tx) error {
			_, err := events.Append(w.ctx(), tx, e)
			return err
		})
		if !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(events.Cursor{}.String())
	f.Add("AQAAAAEAAAAAAAAAAQ")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		cursor, err := events.ParseCursor(text)
		if err == nil && cursor.String() != text {
			t.Errorf("%q was read as %q", text, cursor)
		}
	})
}
