package subscribe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
)

// live is one live operation. Its one goroutine reads the upstream stream.
type live struct {
	hub    *Hub
	ctx    context.Context // it lives as long as the operation has subscribers
	cancel context.CancelFunc

	// The hub's mu guards these. begun says that an event was given out, cursor is the last one's; reopen ends the wait
	// on a source that another is to take the place of.
	operation   Operation
	subscribers map[*Subscriber]struct{}
	begun       bool
	cursor      string
	reopen      context.CancelFunc

	// origin is where the operation began; present says that it has no events of the past before it.
	origin  Place
	present bool
	ring    ring
}

// run reads sources until the operation ends. A source that was replaced is followed by the next one, and one that broke
// off by itself, resumed.
func (l *live) run() {
	defer l.cancel()
	retry := retrying{jitter: l.hub.options.Jitter, patience: l.hub.options.Patience}
	for {
		cursor := l.lastCursor()
		err := l.follow()
		if l.lastCursor() != cursor {
			retry.reset()
		}
		if err == nil || l.resume(err) && retry.wait(l.ctx) {
			continue
		}
		l.finish(err)
		return
	}
}

// finish ends the operation because its source has ended.
func (l *live) finish(err error) {
	var ended *EndedError
	if errors.As(err, &ended) && l.ctx.Err() == nil {
		l.hub.options.Ended(l.ctx, ended)
	}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.end(err)
	l.hub.forget(l)
}

func (l *live) lastCursor() string {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	return l.cursor
}

// resume makes the operation go on where its source broke off, if it can.
func (l *live) resume(err error) bool {
	var ended *EndedError
	if !errors.As(err, &ended) || ended.Reason != Upstream || l.ctx.Err() != nil {
		return false
	}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	resumer, able := l.operation.(Resumer)
	if !able {
		return false
	}
	next := resumer.Resume(l.cursor, ended.Err)
	if next != nil {
		l.operation = next
	}
	return next != nil
}

// follow reads one source to its end. It returns nil when the source was replaced. A panic ends the operation only.
func (l *live) follow() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = &EndedError{Reason: Upstream, Err: fmt.Errorf("completing an event panicked: %v", reason)}
		}
	}()
	op, ctx, cancel := l.begin()
	defer cancel()
	if op, err = l.position(ctx, op); err != nil {
		return l.lost(ctx, err)
	}
	source, err := op.Open(ctx)
	if err != nil {
		return l.lost(ctx, err)
	}
	defer func() { _ = source.Close() }()
	for {
		body, err := source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return l.lost(ctx, err)
		}
		l.give(l.current().Complete(l.ctx, body))
	}
}

// begin returns the operation to follow and a context that ends when another takes its place.
func (l *live) begin() (Operation, context.Context, context.CancelFunc) {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	ctx, cancel := context.WithCancel(l.ctx)
	l.reopen = cancel
	return l.operation, ctx, cancel
}

// position has the operation find out where it begins, and remembers that for when its source breaks off.
func (l *live) position(ctx context.Context, op Operation) (Operation, error) {
	positioned, able := op.(Positioned)
	if !able {
		return op, nil
	}
	found, err := positioned.Position(ctx)
	if err != nil {
		return nil, err
	}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	if l.operation == op {
		l.operation = found
	}
	return found, nil
}

func (l *live) current() Operation {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	return l.operation
}

// lost says why a source ended: it was replaced (nil), nobody is left, or upstream failed.
func (l *live) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil && l.ctx.Err() == nil {
		return nil
	}
	return &EndedError{Reason: Upstream, Err: err}
}

// replace lets the operation go on as another one. The caller holds the hub's mu.
func (l *live) replace(next Operation) {
	same := l.operation.SameSource(next)
	l.hub.unshare(l)
	defer l.hub.share(l)
	cursor := cmp.Or(l.cursor, l.operation.Place().Cursor)
	if resumer, able := next.(Resumer); able && cursor != "" {
		if resumed := resumer.Resume(cursor, nil); resumed != nil {
			next = resumed
		}
	}
	l.operation = next
	if !same && l.reopen != nil {
		l.reopen()
	}
}

// give puts an event into every subscriber's queue. Who has no room for it is ended, and missed by nobody else.
func (l *live) give(event *Event) {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.begun = true
	if l.ring.whole = l.ring.whole && event.Cursor != ""; event.Cursor != "" {
		l.cursor = event.Cursor
		l.keep(event)
	}
	for s := range l.subscribers {
		if !s.push(event) {
			delete(l.subscribers, s)
		}
	}
	if len(l.subscribers) == 0 {
		l.cancel()
		l.hub.forget(l)
		return
	}
	l.meet()
}

// keep keeps an event for those who join later.
func (l *live) keep(event *Event) {
	before := l.ring.bytes
	l.ring.add(event)
	l.hub.kept += l.ring.bytes - before
	if l.hub.kept > l.hub.options.ReplayTotal {
		l.hub.kept -= l.ring.bytes
		l.ring.clear()
	}
}

// joinable says whether a subscriber that begins at a place may join, and which events it is to have first.
func (l *live) joinable(place Place) ([]*Event, bool) {
	switch {
	case !l.begun && l.origin == place:
		return nil, true
	case place == Place{}:
		return nil, l.present
	case l.origin == place && l.ring.whole:
		return l.ring.from(0), true
	case place.Cursor == "":
		return nil, false
	}
	return l.after(place.Cursor)
}

// after are the events that followed the one of a cursor, if that was given out and they are still kept.
func (l *live) after(cursor string) ([]*Event, bool) {
	if cursor == l.cursor {
		return nil, cursor != ""
	}
	return l.ring.after(cursor)
}

// admit adds a subscriber, with the events that it has missed.
func (l *live) admit(s *Subscriber, missed []*Event) {
	s.live = l
	for _, event := range missed {
		if !s.push(event) {
			return
		}
	}
	l.subscribers[s] = struct{}{}
}

// meet makes one of two live operations of the same stream that have come to the same event: who came back with a cursor
// has caught up. The caller holds the hub's mu.
func (l *live) meet() {
	for _, other := range l.hub.groups[l.operation.Key()] {
		if other == l || !other.begun {
			continue
		}
		if missed, ok := other.after(l.cursor); ok {
			other.adopt(l, missed)
			return
		}
		if missed, ok := l.after(other.cursor); ok {
			l.adopt(other, missed)
			return
		}
	}
}

// adopt takes over the subscribers of another, which ends.
func (l *live) adopt(other *live, missed []*Event) {
	l.present = l.present || other.present
	for s := range other.subscribers {
		delete(other.subscribers, s)
		l.admit(s, missed)
	}
	other.cancel()
	l.hub.forget(other)
}

// end ends all subscribers, after what is in their queues. The caller holds the hub's mu.
func (l *live) end(err error) {
	for s := range l.subscribers {
		s.end(err)
		delete(l.subscribers, s)
	}
	l.cancel()
}
