package router

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"devportal.internal/router/upstream"
)

// flights shares the response to a query with identical ones that arrive while it runs. Whose key is equal has the same
// rights, and none of them began before a change that another one saw.
type flights struct {
	mu      sync.Mutex
	running map[string]*flight
}

// flight is one query that runs for all who wait for it. It is cancelled when the last of them has gone.
type flight struct {
	done    chan struct{}
	body    []byte // nil if it broke
	cancel  context.CancelFunc
	waiting int
}

func newFlights() *flights { return &flights{running: map[string]*flight{}} }

// do returns the response of a flight that is under way, or of run. Nil means that there is none: ctx has ended, or
// the flight broke.
func (f *flights) do(ctx context.Context, key string, run func(context.Context) []byte) (body []byte, shared bool) {
	joined, flying, leads := f.join(ctx, key)
	stop := context.AfterFunc(ctx, func() { f.leave(joined) })
	defer stop()
	if leads {
		f.lead(flying, key, joined, run)
	}
	select {
	case <-joined.done:
		return joined.body, !leads
	case <-ctx.Done():
		return nil, !leads
	}
}

// join returns the flight of a key; leads says that it is new, to be run in the context that is returned with it.
func (f *flights) join(ctx context.Context, key string) (joined *flight, flying context.Context, leads bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if joined = f.running[key]; joined != nil {
		joined.waiting++
		return joined, nil, false
	}
	flying = context.WithoutCancel(ctx)
	cancel := context.CancelFunc(nil)
	if deadline, limited := ctx.Deadline(); limited {
		flying, cancel = context.WithDeadline(flying, deadline)
	} else {
		flying, cancel = context.WithCancel(flying)
	}
	joined = &flight{done: make(chan struct{}), cancel: cancel, waiting: 1}
	f.running[key] = joined
	return joined, flying, true
}

func (f *flights) leave(left *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if left.waiting--; left.waiting == 0 {
		left.cancel()
	}
}

// lead runs a flight. Those who wait are told even if it breaks.
func (f *flights) lead(flying context.Context, key string, led *flight, run func(context.Context) []byte) {
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.running, key)
		led.cancel()
		close(led.done)
	}()
	led.body = run(flying)
}

// flightKey covers what a response depends on, and the number of changes that the router has seen: a query that is sent
// after a mutation or an event was answered does not get a response that was begun before.
func (p *prepared) flightKey() string {
	return strconv.FormatInt(p.router.changes.Load(), 36) + " " + p.sharingKey()
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
