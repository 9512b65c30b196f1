package events_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
)

func TestARelayThatDiedBetweenCommitAndPublishLeavesNoGap(t *testing.T) {
	t.Parallel()
	_, client := startRedis(t)
	w := newWorld(t, events.Settings{})
	reading := openLog(t, w.pool, events.Settings{Redis: client})
	s := w.subscribe(reading, events.Cursor{}, events.Filter{})
	goLive(w, s)

	// This relay gives cursors and never tells Redis, as one that is killed after its commit.
	stop := w.relay(w.log)
	w.appendSettled(event("unpublished", 1))
	stop()
	if n, err := client.DBSize(w.ctx()).Result(); err != nil || n != 0 {
		t.Fatalf("the first relay wrote %d keys to Redis, %v", n, err)
	}
	w.relay(reading)
	w.append(event("published", 2))
	if diff := cmp.Diff([]string{"unpublished=1", "published=2"}, w.next(s, 2)); diff != "" {
		t.Error(diff)
	}
}

func TestTwoRelaysGiveEachEventOneCursor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	stopFirst := w.relay(w.log)
	w.relay(openLog(t, w.pool, events.Settings{}))
	const writers, each = 3, 40
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			for i := range each {
				w.append(event(fmt.Sprint(n), i))
				if n == 0 && i == each/2 {
					stopFirst() // the second takes over in the middle
				}
			}
		})
	}
	seen := map[string]int{}
	for _, e := range w.next(w.subscribe(w.log, events.Cursor{}, events.Filter{}), writers*each) {
		seen[e]++
	}
	wg.Wait()
	for e, times := range seen {
		if times != 1 {
			t.Errorf("%s was seen %d times", e, times)
		}
	}
}

func TestASubscriberResumesAfterARestartOfEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	first := openLog(t, w.pool, events.Settings{})
	stop := w.relay(first)
	w.append(event("a", 1), event("a", 2))
	s := w.subscribe(first, events.Cursor{}, events.Filter{})
	w.next(s, 1)
	text := s.Last().String()
	stop()
	first.Close()
	w.append(event("a", 3)) // while nothing runs

	second := openLog(t, w.pool, events.Settings{})
	w.relay(second)
	cursor, err := second.Start(w.ctx(), topic, &text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a=2", "a=3"}, w.next(w.subscribe(second, cursor, events.Filter{}), 2)); diff != "" {
		t.Error(diff)
	}
}

func TestRedisMayComeAndGo(t *testing.T) {
	t.Parallel()
	server, client := startRedis(t)
	w := newWorld(t, events.Settings{})
	log := openLog(t, w.pool, events.Settings{Redis: client})
	w.relay(log)
	s := w.subscribe(log, events.Cursor{}, events.Filter{})
	w.append(event("with", 1))
	w.next(s, 1)

	server.kill()
	w.append(event("without", 2))
	if diff := cmp.Diff([]string{"without=2"}, w.next(s, 1)); diff != "" {
		t.Error(diff)
	}
	server.start() // empty: everything it knew is gone
	for i := range 20 {
		w.append(event("again", i))
		w.next(s, 1)
	}
}

func TestARedisThatForgetsLosesNothing(t *testing.T) {
	t.Parallel()
	_, client := startRedis(t)
	w := newWorld(t, events.Settings{})
	log := openLog(t, w.pool, events.Settings{Redis: client})
	w.relay(log)
	s := w.subscribe(log, events.Cursor{}, events.Filter{})
	for i := range 10 {
		w.append(event("k", i))
		if err := client.FlushAll(w.ctx()).Err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{fmt.Sprint("k=", i)}, w.next(s, 1)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestALargePayloadGoesPastRedis(t *testing.T) {
	t.Parallel()
	_, client := startRedis(t)
	w := newWorld(t, events.Settings{})
	log := openLog(t, w.pool, events.Settings{Redis: client})
	w.relay(log)
	s := w.subscribe(log, events.Cursor{}, events.Filter{})
	goLive(w, s)
	payload := make([]byte, 100_000)
	for i := range payload {
		payload[i] = '1'
	}
	w.append(events.Event{Topic: topic, Key: "large", Payload: payload}, event("small", 2))
	for _, want := range []string{"large", "small"} {
		e, err := s.Next(w.ctx())
		if err != nil || e.Key != want {
			t.Fatalf("got %s, %v", e.Key, err)
		}
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	keepTwo := events.Settings{Retention: events.Retention{Count: 2, Age: time.Hour}, Sweep: time.Hour}
	t.Run("the latest event of each key stays, a removal does not", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, keepTwo)
		w.relay(w.log)
		w.appendSettled(event("a", 1), event("b", 1), event("a", 2), event("c", 1), removal("c"), event("d", 1), event("d", 2))
		sweep(w)
		want := []string{"b=1", "a=2", "d=1", "d=2"}
		if diff := cmp.Diff(want, w.next(w.subscribe(w.log, events.Cursor{}, events.Filter{}), 4)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a cursor before what is gone has expired, one after it has not", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, keepTwo)
		w.relay(w.log)
		old := w.appendSettled(event("a", 1))
		w.appendSettled(event("a", 2), event("a", 3))
		recent := w.appendSettled(event("a", 4))
		w.appendSettled(event("a", 5), event("a", 6))
		sweep(w)
		if _, err := w.log.Subscribe(w.ctx(), topic, old, events.Filter{}); fault.Code(err) != events.CodeCursorExpired {
			t.Errorf("the old cursor: %v", err)
		}
		if diff := cmp.Diff([]string{"a=5"}, w.next(w.subscribe(w.log, recent, events.Filter{}), 1)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what a living consumer has not seen stays", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, keepTwo)
		w.relay(w.log)
		consumer := w.log.Consumer("slow", topic, &recorder{})
		catchUp(w, consumer)
		w.appendSettled(event("a", 1), event("a", 2), event("a", 3), event("a", 4))
		sweep(w)
		w.next(w.subscribe(w.log, events.Cursor{}, events.Filter{}), 4)
		catchUp(w, consumer)
		sweep(w)
		if got := w.next(w.subscribe(w.log, events.Cursor{}, events.Filter{}), 1); got[0] != "a=3" {
			t.Errorf("after the consumer had seen everything, the log begins with %v", got)
		}
	})
}

func sweep(w *world) {
	w.t.Helper()
	if err := w.log.Sweep(w.ctx()); err != nil {
		w.t.Fatal(err)
	}
}

func TestASecondRelayTakesOverWhenTheFirstLosesItsConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	w.relay(w.log)
	w.appendSettled(event("a", 1))
	_, err := w.pool.Exec(w.ctx(), `SELECT pg_terminate_backend(l.pid) FROM pg_locks l
		JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
		WHERE l.locktype = 'advisory' AND l.granted`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.ctx(), 10*time.Second)
	defer cancel()
	if _, err := w.log.Settled(ctx, w.append(event("a", 2))); err != nil {
		t.Errorf("no relay came back: %v", err)
	}
}

func TestAStreamThatIsAheadOfARestoredDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	_, client := startRedis(t)
	w := newWorld(t, events.Settings{})
	first := openLog(t, w.pool, events.Settings{Redis: client})
	stop := w.relay(first)
	backup := w.appendSettled(event("kept", 1))
	w.append(event("lost", 2), event("lost", 3))
	w.next(w.subscribe(first, backup, events.Filter{}), 2)
	stop()
	first.Close()
	restore := `DELETE FROM events.log WHERE key = 'lost'; UPDATE events.head SET position = 1; UPDATE events.topics SET position = 1`
	if _, err := w.pool.Exec(w.ctx(), restore); err != nil {
		t.Fatal(err)
	}
	second := openLog(t, w.pool, events.Settings{Redis: client})
	w.relay(second)
	w.append(event("other", 2))
	if diff := cmp.Diff([]string{"other=2"}, w.next(w.subscribe(second, backup, events.Filter{}), 1)); diff != "" {
		t.Error(diff)
	}
}

func TestEverythingGoesOnAfterPostgreSQLDroppedItsConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, events.Settings{})
	w.relay(w.log)
	r := &recorder{}
	w.consume(w.log.Consumer("survivor", topic, r))
	s := w.subscribe(w.log, events.Cursor{}, events.Filter{})
	w.append(event("a", 1))
	w.next(s, 1)
	goLive(w, s)
	_, err := w.pool.Exec(w.ctx(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
	w.pool.Reset()
	receipt := w.append(event("a", 2))
	if diff := cmp.Diff([]string{"a=2"}, w.next(s, 1)); diff != "" {
		t.Error(diff)
	}
	if err := w.log.WaitApplied(w.ctx(), topic, receipt, "survivor"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a=1", "a=2"}, r.seen); diff != "" {
		t.Error(diff)
	}
}
