package subscribe

import (
	"context"
	"errors"
	"sync"
)

// Subscriber is one client's end of a live operation. Next is used by one goroutine.
type Subscriber struct {
	live  *live
	limit int

	mu     sync.Mutex
	queue  []*Event
	bytes  int
	cursor string
	ended  error

	// notify is told that there is something new, nil while nobody waits.
	notify func()
}

// Next waits for the next event. After the last it returns io.EOF, or an *EndedError that says why there are no more;
// ctx's error when that ended first, after which Next may be called again.
func (s *Subscriber) Next(ctx context.Context) (*Event, error) {
	wake := make(chan struct{}, 1)
	event, err := s.Poll(func() { wake <- struct{}{} })
	if event != nil || err != nil {
		return event, err
	}
	select {
	case <-wake:
		return s.Poll(nil)
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		s.notify = nil
		return nil, ctx.Err()
	}
}

// Poll returns what Next would, without waiting: nil and no error where there is nothing yet. Then notify is called once,
// when there is; it must not wait, nor call back.
func (s *Subscriber) Poll(notify func()) (*Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	event, err := s.pop()
	s.notify = nil
	if event == nil && err == nil {
		s.notify = notify
	}
	return event, err
}

// Close leaves the live operation. It may be called more than once.
func (s *Subscriber) Close() { s.live.hub.leave(s) }

// pop takes the first event out of the queue. The caller holds mu.
func (s *Subscriber) pop() (*Event, error) {
	if len(s.queue) == 0 {
		return nil, s.ended
	}
	event := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	s.bytes -= len(event.Body)
	if event.Cursor != "" {
		s.cursor = event.Cursor
	}
	if len(s.queue) == 0 {
		s.queue = nil
	}
	return event, nil
}

// push adds an event. False says that the queue had no room: the subscriber is ended, and what waited is let go, for
// the client is told where it stands and asks again from there.
func (s *Subscriber) push(event *Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := len(s.queue) > 0 && s.bytes+len(event.Body) > s.limit
	if full {
		s.queue, s.bytes = nil, 0
		s.ended = &EndedError{Reason: SlowReader, Cursor: s.cursor}
	} else {
		s.queue = append(s.queue, event)
		s.bytes += len(event.Body)
	}
	s.signal()
	return !full
}

// end ends the subscriber after what waits in its queue.
func (s *Subscriber) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ended := (*EndedError)(nil); errors.As(err, &ended) {
		last := s.cursor
		for _, event := range s.queue {
			if event.Cursor != "" {
				last = event.Cursor
			}
		}
		err = &EndedError{Reason: ended.Reason, Err: ended.Err, Cursor: last}
	}
	s.ended = err
	s.signal()
}

func (s *Subscriber) signal() {
	if notify := s.notify; notify != nil {
		s.notify = nil
		notify()
	}
}
