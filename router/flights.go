package router

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"devportal.internal/router/upstream"
)

// flights shares the response to a query with identical ones that arrive while it runs. Whose key is equal has the same
// rights, and none of them began before a change that another one saw.
type flights struct {
	mu      sync.Mutex
	running map[flightKey]*flight
}

// flightKey covers what a response depends on.
type flightKey struct {
	graph *graph

	// changes is the number of changes that the router has seen: a query that is sent after a mutation or an event was
	// answered does not get a response that was begun before.
	changes int64

	operation string // prepared.sharingKey
}

// flight is one query that runs, on a goroutine of its own, for all who wait for it. It is cancelled when the last of
// them has gone; whoever began it may go like any other.
type flight struct {
	key      flightKey
	done     chan struct{}
	body     []byte    // nil if it broke
	deadline time.Time // zero for none
	cancel   context.CancelFunc
	waiting  int
}

func newFlights() *flights {
	return &flights{running: map[flightKey]*flight{}}
}

// do returns the response of a flight that is under way, or of run. Nil means that there is none: ctx was cancelled, or
// the flight broke.
func (f *flights) do(ctx context.Context, key flightKey, run func(context.Context) []byte) (body []byte, shared bool) {
	joined, shared := f.join(ctx, key, run)
	select {
	case <-joined.done:
		return joined.body, shared
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && joined.endsBefore(ctx) {
		<-joined.done // what there is of the response comes now
		return joined.body, shared
	}
	if f.leave(joined) {
		<-joined.done
	}
	return nil, shared
}

// join finds the flight of a key, or begins it.
func (f *flights) join(ctx context.Context, key flightKey, run func(context.Context) []byte) (joined *flight, shared bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if joined = f.running[key]; joined != nil {
		joined.waiting++
		return joined, true
	}
	flying, cancel := detached(ctx)
	joined = &flight{key: key, done: make(chan struct{}), cancel: cancel, waiting: 1}
	joined.deadline, _ = flying.Deadline()
	f.running[key] = joined
	go f.fly(flying, joined, run)
	return joined, false
}

// detached is a context that is not cancelled with ctx, but has its values and its deadline.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	free := context.WithoutCancel(ctx)
	if deadline, limited := ctx.Deadline(); limited {
		return context.WithDeadline(free, deadline)
	}
	return context.WithCancel(free)
}

// endsBefore says that the flight's deadline is not after that of ctx.
func (f *flight) endsBefore(ctx context.Context) bool {
	deadline, limited := ctx.Deadline()
	return limited && !f.deadline.IsZero() && !f.deadline.After(deadline)
}

// leave says that one does not wait any more. The last one cancels the flight, and waits for its end.
func (f *flights) leave(left *flight) (last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if left.waiting--; left.waiting > 0 {
		return false
	}
	f.close(left)
	left.cancel()
	return true
}

// close lets nobody join any more.
func (f *flights) close(closed *flight) {
	if f.running[closed.key] == closed {
		delete(f.running, closed.key)
	}
}

// fly runs a flight. Those who wait are told even if it breaks.
func (f *flights) fly(flying context.Context, flown *flight, run func(context.Context) []byte) {
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.close(flown)
		flown.cancel()
		close(flown.done)
	}()
	flown.body = run(flying)
}

func (p *prepared) flightKey() flightKey {
	return flightKey{graph: p.graph, changes: p.router.changes.Load(), operation: p.sharingKey()}
}

// sharingSigner signs as the product does, and keeps the changes that the router has seen in the identity by which
// requests to subgraphs are shared: none that began before a change answers for one sent after it.
type sharingSigner struct {
	signer  upstream.Signer
	changes *atomic.Int64
}

// Sign implements upstream.Signer.
func (s sharingSigner) Sign(ctx context.Context, subgraph string) (authorization, identity string, err error) {
	if s.signer != nil {
		authorization, identity, err = s.signer.Sign(ctx, subgraph)
	}
	return authorization, identity + " " + strconv.FormatInt(s.changes.Load(), 36), err
}
