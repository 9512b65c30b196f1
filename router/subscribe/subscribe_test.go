package subscribe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/subscribe"
)

// fakeOperation is an operation whose events come from a channel.
type fakeOperation struct {
	key     string
	replays bool
	cursor  string
	source  string
	events  chan string
	opened  chan string
	closed  chan string
}

func newFake(key string) *fakeOperation {
	return &fakeOperation{key: key, source: key, events: make(chan string), opened: make(chan string, 1000), closed: make(chan string, 1000)}
}

func (f *fakeOperation) Key() string { return f.key }
func (f *fakeOperation) Place() subscribe.Place {
	return subscribe.Place{Cursor: f.cursor, Replays: f.replays}
}

func (f *fakeOperation) SameSource(other subscribe.Operation) bool {
	return f.source == other.(interface{ place() string }).place()
}

func (f *fakeOperation) place() string { return f.source }

func (f *fakeOperation) Open(context.Context) (subscribe.Source, error) {
	f.opened <- f.source
	return f, nil
}

func (f *fakeOperation) Next(ctx context.Context) ([]byte, error) {
	select {
	case event, more := <-f.events:
		if !more {
			return nil, io.EOF
		}
		if event == "fail" {
			return nil, errors.New("connection lost")
		}
		return []byte(event), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *fakeOperation) Close() error {
	f.closed <- f.source
	return nil
}

func (f *fakeOperation) Complete(_ context.Context, event []byte) *subscribe.Event {
	if string(event) == "panic" {
		panic("broken")
	}
	return &subscribe.Event{Body: []byte("<" + string(event) + ">"), HasData: true, Cursor: string(event)}
}

func join(t *testing.T, hub *subscribe.Hub, op subscribe.Operation) *subscribe.Subscriber {
	t.Helper()
	s, err := hub.Subscribe(t.Context(), op)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func expect(t *testing.T, s *subscribe.Subscriber, want ...string) {
	t.Helper()
	for _, body := range want {
		event, err := s.Next(t.Context())
		if err != nil || string(event.Body) != body {
			t.Fatalf("got %v, %v; want %s", event, err, body)
		}
	}
}

func expectEnd(t *testing.T, s *subscribe.Subscriber, reason subscribe.Reason, cursor string) {
	t.Helper()
	event, err := s.Next(t.Context())
	var ended *subscribe.EndedError
	if !errors.As(err, &ended) || ended.Reason != reason || ended.Cursor != cursor {
		t.Fatalf("got %v, %v; want %s at %q", event, err, reason, cursor)
	}
}

func TestHub_shares_one_upstream_among_equal_keys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{})
		op, other := newFake("k"), newFake("other")
		first, second, third := join(t, hub, op), join(t, hub, op), join(t, hub, other)
		op.events <- "1"
		expect(t, first, "<1>")
		expect(t, second, "<1>")
		other.events <- "x"
		expect(t, third, "<x>")
		late := join(t, hub, op)
		op.events <- "2"
		expect(t, late, "<2>")
		expect(t, first, "<2>")
		if len(op.opened) != 1 {
			t.Errorf("opened %d times", len(op.opened))
		}
		hub.Close()
		expect(t, second, "<2>")
		expectEnd(t, second, subscribe.Closing, "2")
	})
}

func TestHub_lets_those_join_whom_it_can_give_all_that_they_missed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{Replay: subscribe.Replay{Events: 3}})
		op := newFake("k")
		first := join(t, hub, op)
		for _, event := range []string{"1", "2", "3", "4"} {
			op.events <- event
			expect(t, first, "<"+event+">")
		}
		synctest.Wait()
		for cursor, want := range map[string][]string{"2": {"<3>", "<4>"}, "4": nil, "": nil} {
			late := newFake("k")
			late.cursor = cursor
			expect(t, join(t, hub, late), want...)
		}
		old := newFake("k")
		old.cursor = "0"
		past := newFake("k")
		past.replays = true
		join(t, hub, old)
		join(t, hub, past)
		synctest.Wait()
		if len(op.opened) != 1 || len(old.opened) != 1 || len(past.opened) != 1 {
			t.Error("those who missed more than is kept must go upstream themselves, and only they")
		}
		hub.Close()
	})
}

func TestHub_makes_one_of_two_that_have_come_to_the_same_event(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{Replay: subscribe.Replay{Events: 2}})
		present := newFake("k")
		first := join(t, hub, present)
		for _, event := range []string{"1", "2", "3"} {
			present.events <- event
			expect(t, first, "<"+event+">")
		}
		back := newFake("k")
		back.cursor = "0"
		second := join(t, hub, back)
		back.events <- "1"
		expect(t, second, "<1>")
		back.events <- "2"
		expect(t, second, "<2>", "<3>")
		synctest.Wait()
		if len(back.closed) != 1 || hub.Stats() != (subscribe.Stats{Live: 1, Subscribers: 2}) {
			t.Errorf("not one: %+v", hub.Stats())
		}
		present.events <- "4"
		expect(t, first, "<4>")
		expect(t, second, "<4>")
		hub.Close()
	})
}

func TestHub_ends_upstream_with_the_last_subscriber(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{})
		op := newFake("k")
		first, second := join(t, hub, op), join(t, hub, op)
		synctest.Wait()
		first.Close()
		synctest.Wait()
		if len(op.closed) != 0 {
			t.Error("closed although one is left")
		}
		second.Close()
		second.Close()
		synctest.Wait()
		if len(op.closed) != 1 || hub.Stats().Live != 0 {
			t.Errorf("not closed: %+v", hub.Stats())
		}
		hub.Close()
	})
}

func TestHub_ends_a_slow_subscriber_and_no_other(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{Queue: 100})
		op := newFake("k")
		slow, fast := join(t, hub, op), join(t, hub, op)
		op.events <- "1"
		expect(t, slow, "<1>")
		expect(t, fast, "<1>")
		for i := range 5 {
			event := fmt.Sprint(i, strings.Repeat("x", 30))
			op.events <- event
			expect(t, fast, "<"+event+">")
		}
		expectEnd(t, slow, subscribe.SlowReader, "1")
		big := strings.Repeat("y", 1000)
		op.events <- big
		expect(t, fast, "<"+big+">")
		hub.Close()
	})
}

func TestHub_tells_how_upstream_ended(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{})
		for _, trouble := range []string{"fail", "panic"} {
			op := newFake(trouble)
			s := join(t, hub, op)
			op.events <- "1"
			op.events <- trouble
			expect(t, s, "<1>")
			expectEnd(t, s, subscribe.Upstream, "1")
		}
		op := newFake("complete")
		s := join(t, hub, op)
		close(op.events)
		if _, err := s.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("got %v", err)
		}
		hub.Close()
	})
}

func TestHub_keeps_live_operations_when_they_are_planned_anew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{})
		kept, moved, gone := newFake("kept"), newFake("moved"), newFake("gone")
		a, b, c := join(t, hub, kept), join(t, hub, moved), join(t, hub, gone)
		synctest.Wait()
		elsewhere := newFake("moved")
		elsewhere.source = "elsewhere"
		hub.Replan(func(op subscribe.Operation) (subscribe.Operation, error) {
			switch op.Key() {
			case "moved":
				return elsewhere, nil
			case "gone":
				return nil, errors.New("no such field")
			}
			return op, nil
		})
		expectEnd(t, c, subscribe.Invalidated, "")
		kept.events <- "1"
		expect(t, a, "<1>")
		elsewhere.events <- "2"
		expect(t, b, "<2>")
		if len(kept.closed) != 0 || len(moved.closed) != 1 {
			t.Error("the wrong sources were closed")
		}
		hub.Close()
	})
}

func TestHub_bounds_live_operations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{Live: 1})
		join(t, hub, newFake("a"))
		join(t, hub, newFake("a"))
		_, err := hub.Subscribe(t.Context(), newFake("b"))
		var ended *subscribe.EndedError
		if !errors.As(err, &ended) || ended.Reason != subscribe.TooMany {
			t.Errorf("got %v", err)
		}
		hub.Close()
	})
}

// resumable is an operation that goes on from a cursor.
type resumable struct {
	*fakeOperation
	from *[]string
}

func (r resumable) Resume(cursor string, _ error) subscribe.Operation {
	if cursor == "" {
		return nil
	}
	*r.from = append(*r.from, cursor)
	return r
}

func TestHub_resumes_a_source_that_broke_off(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{})
		var from []string
		op := resumable{newFake("k"), &from}
		s := join(t, hub, op)
		for _, event := range []string{"1", "fail", "2", "fail", "3"} {
			op.events <- event
		}
		expect(t, s, "<1>", "<2>", "<3>")
		if diff := cmp.Diff([]string{"1", "2"}, from); diff != "" {
			t.Error(diff)
		}
		began := time.Now()
		for range 100 {
			select {
			case op.events <- "fail":
			case <-time.After(time.Minute):
			}
		}
		expectEnd(t, s, subscribe.Upstream, "3")
		if len(from) > 30 || time.Since(began) < time.Minute {
			t.Errorf("tried %d times", len(from))
		}
		hub.Close()
	})
}

func TestHub_does_not_resume_where_events_could_be_missed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := subscribe.NewHub(subscribe.Options{})
		op := resumable{newFake("k"), new([]string)}
		s := join(t, hub, op)
		op.events <- "fail"
		expectEnd(t, s, subscribe.Upstream, "")
		hub.Close()
	})
}
