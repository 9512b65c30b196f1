package upstream

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
)

// flights are the queries to one subgraph that are under way. A query that is identical to one of them, for the same
// identity and with the same headers, waits for its answer.
type flights struct {
	mu     sync.Mutex
	flying map[string]*flight
}

type flight struct {
	done   chan struct{}
	cancel context.CancelFunc
	// Guarded by flights.mu. An abandoned flight's leader has gone, but still gets the answer and releases it.
	waiters   int // callers that still want the answer
	abandoned bool
	ended     bool

	resp *Response
	err  error
}

func newFlights() *flights { return &flights{flying: map[string]*flight{}} }

type doer func(ctx context.Context, c *call) (*Response, error)

func (s *flights) do(ctx context.Context, c *call, subgraph string, do doer) (*Response, error) {
	if ctx.Err() != nil {
		return nil, gone(ctx, subgraph) // it would lead others without wanting the answer itself
	}
	key := c.key()
	s.mu.Lock()
	if f, ok := s.flying[key]; ok && f.waiters > 0 {
		f.waiters++
		s.mu.Unlock()
		return s.join(ctx, f, subgraph)
	}
	shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), cancel: cancel, waiters: 1}
	s.flying[key] = f
	s.mu.Unlock()
	defer cancel()
	return s.lead(ctx, shared, key, f, c, do)
}

// lead makes the call. It goes on as long as anybody wants the answer, which may be longer than the leader's own
// context.
func (s *flights) lead(ctx, shared context.Context, key string, f *flight, c *call, do doer) (*Response, error) {
	stop := context.AfterFunc(ctx, func() { s.leave(f, true) })
	defer stop()
	defer s.end(key, f)
	f.resp, f.err = do(shared, c)
	return f.resp, f.err
}

// end hands the answer to all who wait.
func (s *flights) end(key string, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.ended = true
	if s.flying[key] == f {
		delete(s.flying, key)
	}
	if f.resp == nil && f.err == nil {
		f.err = &Error{Reason: Unreachable, Err: errPanicked}
	}
	if f.resp != nil {
		f.resp.shared = new(atomic.Int32)
		f.resp.shared.Store(int32(f.holders()))
	}
	close(f.done)
}

// join waits for another's answer.
func (s *flights) join(ctx context.Context, f *flight, subgraph string) (*Response, error) {
	select {
	case <-f.done:
		return f.resp, f.err
	case <-ctx.Done():
	}
	if s.leave(f, false) {
		return f.resp, f.err
	}
	return nil, gone(ctx, subgraph)
}

// gone is the error for a caller whose context has ended.
func gone(ctx context.Context, subgraph string) error {
	reason := Canceled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		reason = TimedOut
	}
	return &Error{Subgraph: subgraph, Reason: reason, Err: ctx.Err()}
}

// holders is how many callers will release the answer.
func (f *flight) holders() int {
	if f.abandoned {
		return f.waiters + 1
	}
	return f.waiters
}

// leave says that a caller does not want the answer any more, unless it is there already. The last one ends the call.
func (s *flights) leave(f *flight, leader bool) (ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.ended {
		return true
	}
	f.abandoned = f.abandoned || leader
	if f.waiters--; f.waiters == 0 {
		f.cancel()
	}
	return false
}

// key holds everything that an answer may depend on. The authorization does not stand in it, but whom it is for.
func (c *call) key() string {
	var b strings.Builder
	b.Grow(len(c.Body) + len(c.identity) + 64)
	b.Write(c.Body)
	b.WriteByte(0)
	b.WriteString(c.identity)
	for _, h := range c.headers {
		if isOfTheCall(h.Name) {
			continue
		}
		b.WriteByte(0)
		b.WriteString(h.Name)
		b.WriteByte(0)
		b.WriteString(h.Value)
	}
	return b.String()
}

// isOfTheCall says that a header differs from call to call although the answer does not.
func isOfTheCall(name string) bool {
	return name == signedHeader || name == "traceparent" || name == "tracestate"
}
