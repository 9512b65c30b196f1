package events

import (
	"context"
	"sync"

	"devportal.internal/internal/postgres"
)

// Subscription is one subscriber's way through a topic. One goroutine calls Next; any may call Close.
type Subscription struct {
	log     *Log
	reader  *reader
	filter  Filter
	matcher matcher

	// While it catches up, only Next touches these. position is how far it has come; horizon is the topic's when it
	// began from the start of the log, which a compacted log allows.
	position int64
	horizon  int64
	started  bool

	mu     sync.Mutex
	queue  []*Event
	queued int
	live   bool
	last   Cursor
	err    error
	wake   chan struct{}
}

// Subscribe gives the events of a topic after a cursor, and then those that come, until the subscription is closed.
// The zero cursor is the start of the log, of which compaction has left the latest event of each key. A cursor after
// which events are gone is a fault with code CURSOR_EXPIRED; one of another database too.
func (l *Log) Subscribe(ctx context.Context, topic string, after Cursor, filter Filter) (*Subscription, error) {
	const op = "events.Subscribe"
	r, err := l.readerOf(topic)
	if err != nil {
		return nil, err
	}
	select {
	case <-r.ready:
	case <-ctx.Done():
		return nil, postgres.Fault(op, ctx.Err())
	case <-l.ctx.Done():
		return nil, errClosed
	}
	if after != (Cursor{}) && after.epoch != r.epoch {
		return nil, expiredCursor(op)
	}
	s := &Subscription{
		log: l, reader: r, filter: filter, matcher: newMatcher(filter),
		position: after.position, last: Cursor{epoch: r.epoch, position: after.position}, wake: make(chan struct{}, 1),
	}
	if after.position <= r.where() && r.attach(s, after.position) {
		return s, nil
	}
	return s, s.catchUp(ctx)
}

// Next waits for the next event. It gives the context's error as a fault, a fault with code CURSOR_EXPIRED, a
// [SlowError] wrapped in a fault with code SUBSCRIBER_SLOW, or an unavailable fault when PostgreSQL cannot be read or
// the log was closed. After the context's error, Next may be called again; after the others, subscribe again with
// [Subscription.Last].
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	for {
		event, live, err := s.pop()
		if err != nil {
			return Event{}, err
		}
		if event != nil {
			return *event, nil
		}
		if !live {
			if err := s.catchUp(ctx); err != nil {
				return Event{}, err
			}
			continue
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return Event{}, postgres.Fault("events.Next", ctx.Err())
		}
	}
}

// Last is the cursor of the last event that Next gave, or that of the beginning.
func (s *Subscription) Last() Cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Close ends the subscription; a waiting Next returns. It may be called more than once.
func (s *Subscription) Close() {
	s.reader.detach(s)
	s.end(errClosed)
}

// pop gives what waits, whether the subscription is live, and the error that ended it.
func (s *Subscription) pop() (event *Event, live bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.live, s.err
	}
	if len(s.queue) == 0 {
		return nil, s.live, nil
	}
	event = s.queue[0]
	s.queue[0] = nil
	if s.queue = s.queue[1:]; len(s.queue) == 0 {
		s.queue = nil
	}
	s.queued -= event.size()
	s.last = event.Cursor
	return event, s.live, nil
}

// catchUp goes live if the reader holds everything from here on, and else reads the next page from PostgreSQL.
func (s *Subscription) catchUp(ctx context.Context) error {
	if s.started && s.reader.attach(s, s.position) {
		return nil
	}
	p, err := readPage(ctx, s.log.pool, pageQuery{topic: s.reader.topic, after: s.position, filter: s.filter})
	if err != nil {
		return postgres.Fault("events.Subscribe", err)
	}
	if err := s.checkHorizon(p); err != nil {
		return err
	}
	s.fillQueue(p.events)
	s.position = p.through
	return nil
}

// checkHorizon refuses a place after which events are gone, or that the log has not reached. One who began at the start
// may go on below the horizon, as long as that has not moved since.
func (s *Subscription) checkHorizon(p page) error {
	if !s.started {
		s.started = true
		if s.position == 0 {
			s.horizon = p.horizon
		}
	}
	if (s.position < p.horizon && s.horizon != p.horizon) || s.position > p.head {
		return expiredCursor("events.Subscribe")
	}
	return nil
}

func (s *Subscription) fillQueue(events []*Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = events
	for _, e := range events {
		s.queued += e.size()
	}
}

// goLive is called by the reader, under its lock. It reports false when the subscription has ended.
func (s *Subscription) goLive(position int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = s.err == nil
	s.position = position
	return s.live
}

// offer is called by the reader, under its lock, for each event in order.
func (s *Subscription) offer(e *Event) {
	if !s.matcher.matches(e) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || e.Cursor.position <= s.position {
		return
	}
	s.queue = append(s.queue, e)
	s.queued += e.size()
	if len(s.queue) > 1 && s.queued > s.log.settings.QueueBytes {
		s.fail(slowFault(&SlowError{Last: s.last, Limit: s.log.settings.QueueBytes}))
		return
	}
	s.signal()
}

func (s *Subscription) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(err)
}

// fail keeps the first error and lets go of what waits. Callers hold the lock.
func (s *Subscription) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	s.queue, s.queued = nil, 0
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
