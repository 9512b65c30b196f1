package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// flights are the queries to one subgraph that are under way. A query that is identical to one of them, for the same
// identity and with the same headers, waits for its answer.
type flights struct {
	timeout time.Duration

	mu     sync.Mutex
	flying map[string]*flight
}

// flight is one call, made on a goroutine of its own for all who wait for it: whoever began it may leave like any other.
type flight struct {
	key    string
	done   chan struct{}
	cancel context.CancelFunc

	// waiters are the callers that still want the answer; guarded by flights.mu.
	waiters int
	ended   bool

	resp *Response
	err  error
}

func newFlights(timeout time.Duration) *flights {
	return &flights{timeout: timeout, flying: map[string]*flight{}}
}

type doer func(ctx context.Context, c *call) (*Response, error)

func (s *flights) do(ctx context.Context, c *call, subgraph string, do doer) (*Response, error) {
	if ctx.Err() != nil {
		return nil, gone(ctx, subgraph) // it would begin what it does not want itself
	}
	f := s.join(ctx, c, do)
	select {
	case <-f.done:
		return f.resp, f.err
	case <-ctx.Done():
	}
	ended, last := s.leave(f)
	if ended {
		return f.resp, f.err
	}
	if last {
		<-f.done
	}
	return nil, gone(ctx, subgraph)
}

// join finds the flight of a call that is identical, or begins it. The flight has the subgraph's whole time: those who
// join it must not suffer from the deadline of who came first.
func (s *flights) join(ctx context.Context, c *call, do doer) *flight {
	key := c.key()
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flying[key]; f != nil {
		f.waiters++
		return f
	}
	shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{key: key, done: make(chan struct{}), cancel: cancel, waiters: 1}
	s.flying[key] = f
	go s.fly(shared, f, c.detached(time.Now().Add(s.timeout)), do)
	return f
}

// detached is a copy of the call that outlives the caller.
func (c *call) detached(deadline time.Time) *call {
	req := *c.Request
	req.Body = bytes.Clone(c.Body)
	return &call{Request: &req, headers: c.headers, identity: c.identity, deadline: deadline}
}

// fly makes the call. A panic fails it, for all who wait.
func (s *flights) fly(shared context.Context, f *flight, c *call, do doer) {
	defer s.end(f)
	defer func() {
		if reason := recover(); reason != nil {
			f.resp, f.err = nil, &Error{Subgraph: c.Subgraph, Reason: Unreachable, Err: fmt.Errorf("%w: %v", errPanicked, reason)}
		}
	}()
	f.resp, f.err = do(shared, c)
}

// end hands the answer to all who wait.
func (s *flights) end(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.cancel()
	f.ended = true
	s.close(f)
	switch {
	case f.resp == nil:
	case f.waiters == 0:
		f.resp.Release()
	default:
		f.resp.shared = new(atomic.Int32)
		f.resp.shared.Store(int32(f.waiters))
	}
	close(f.done)
}

// close lets nobody join any more.
func (s *flights) close(f *flight) {
	if s.flying[f.key] == f {
		delete(s.flying, f.key)
	}
}

// leave says that a caller does not want the answer any more, unless it is there already. The last one ends the call,
// and waits for its end.
func (s *flights) leave(f *flight) (ended, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.ended {
		return true, false
	}
	if f.waiters--; f.waiters > 0 {
		return false, false
	}
	s.close(f)
	f.cancel()
	return false, true
}

// gone is the error for a caller whose context has ended.
func gone(ctx context.Context, subgraph string) error {
	reason := Canceled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		reason = TimedOut
	}
	return &Error{Subgraph: subgraph, Reason: reason, Err: ctx.Err()}
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
