package subscribe

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Options bounds a Hub. Zero fields have the defaults named.
type Options struct {
	// Queue is the number of bytes of events that wait for one subscriber (1 MB). One event always fits.
	Queue int

	// Live is the number of live operations at once (10,000).
	Live int

	// Patience is how long a source that broke off is tried to be resumed (30 s); a negative one never tries.
	Patience time.Duration

	// Replay bounds the events with cursors that a live operation keeps for those who join it with a cursor: their number
	// (256), their bytes (256 KB) and their age (1 minute). All live operations together keep at most ReplayTotal bytes
	// (64 MB).
	Replay      Replay
	ReplayTotal int

	// Ended is told of each live operation that ended for a reason other than that nobody was left; nil for nobody.
	Ended func(ctx context.Context, err *EndedError)

	// Jitter is a random number from 0 to 1, by which waits differ; nil is math/rand's.
	Jitter func() float64
}

// Hub keeps the live operations. It is safe for concurrent use.
type Hub struct {
	options Options
	running sync.WaitGroup

	// mu guards who belongs to which live operation. It is held only for moments.
	mu     sync.Mutex
	all    map[*live]bool
	groups map[string][]*live // by key
	kept   int                // bytes of events in all rings
	closed bool
}

// NewHub makes a Hub.
func NewHub(options Options) *Hub {
	if options.Queue == 0 {
		options.Queue = 1 << 20
	}
	if options.Live == 0 {
		options.Live = 10_000
	}
	if options.Patience == 0 {
		options.Patience = 30 * time.Second
	}
	options.Replay = options.Replay.withDefaults()
	if options.ReplayTotal == 0 {
		options.ReplayTotal = 64 << 20
	}
	if options.Ended == nil {
		options.Ended = func(context.Context, *EndedError) {}
	}
	if options.Jitter == nil {
		options.Jitter = rand.Float64
	}
	return &Hub{options: options, all: map[*live]bool{}, groups: map[string][]*live{}}
}

// Stats are the numbers of what is live at this moment.
type Stats struct {
	Live        int
	Subscribers int
}

// Stats counts what is live.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	stats := Stats{Live: len(h.all)}
	for l := range h.all {
		stats.Subscribers += len(l.subscribers)
	}
	return stats
}

// Subscribe joins a live operation of op's key that has not passed op's place, or still holds what came after it; else
// it starts one. What ctx carries (not when it ends) is the context of a started one; all who share it have the same
// rights. The Subscriber must be closed.
func (h *Hub) Subscribe(ctx context.Context, op Operation) (*Subscriber, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, &EndedError{Reason: Closing}
	}
	l, missed := h.find(op)
	if l == nil {
		if len(h.all) >= h.options.Live {
			return nil, &EndedError{Reason: TooMany}
		}
		l = h.start(ctx, op)
	}
	s := &Subscriber{live: l, limit: h.options.Queue}
	l.admit(s, missed)
	return s, nil
}

// find returns a live operation to join and the events that the new subscriber is to have first.
func (h *Hub) find(op Operation) (*live, []*Event) {
	for _, l := range h.groups[op.Key()] {
		if missed, ok := l.joinable(op.Place()); ok {
			return l, missed
		}
	}
	return nil, nil
}

func (h *Hub) start(ctx context.Context, op Operation) *live {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	place := op.Place()
	l := &live{
		hub: h, ctx: ctx, cancel: cancel, operation: op, subscribers: map[*Subscriber]struct{}{},
		origin: place, present: place == Place{}, ring: ring{bounds: h.options.Replay, whole: true},
	}
	h.all[l] = true
	h.share(l)
	h.running.Go(l.run)
	return l
}

// share lets others join a live operation. The caller holds mu.
func (h *Hub) share(l *live) {
	if key := l.operation.Key(); key != "" {
		h.groups[key] = append(h.groups[key], l)
	}
}

// unshare keeps others from joining. The caller holds mu.
func (h *Hub) unshare(l *live) {
	key := l.operation.Key()
	rest := slices.DeleteFunc(h.groups[key], func(other *live) bool { return other == l })
	if len(rest) == 0 {
		delete(h.groups, key)
		return
	}
	h.groups[key] = rest
}

// leave takes a subscriber out of its live operation, and ends that with its last one.
func (h *Hub) leave(s *Subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := s.live
	delete(l.subscribers, s)
	if len(l.subscribers) == 0 {
		l.cancel()
		h.forget(l)
	}
}

// forget makes a live operation one that nobody joins any more. The caller holds mu.
func (h *Hub) forget(l *live) {
	if h.all[l] {
		delete(h.all, l)
		h.unshare(l)
		h.kept -= l.ring.bytes
		l.ring.clear()
	}
}

// Replan has every live operation planned anew, after the schema has changed. An operation that plan returns an error
// for is ended with it; one that opens another upstream stream than before gets that opened. Events go on meanwhile.
func (h *Hub) Replan(plan func(Operation) (Operation, error)) {
	for l, op := range h.operations() {
		next, err := plan(op)
		h.apply(l, next, err)
	}
}

func (h *Hub) operations() map[*live]Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	operations := make(map[*live]Operation, len(h.all))
	for l := range h.all {
		operations[l] = l.operation
	}
	return operations
}

func (h *Hub) apply(l *live, next Operation, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.all[l]:
	case err != nil:
		l.end(&EndedError{Reason: Invalidated, Err: err})
		h.forget(l)
	default:
		l.replace(next)
	}
}

// End ends the live operations that match, so that their clients ask again: as it must be when rights have changed.
func (h *Hub) End(match func(Operation) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.all {
		if match(l.operation) {
			l.end(&EndedError{Reason: Revoked})
			h.forget(l)
		}
	}
}

// Close ends all live operations and waits for them.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for l := range h.all {
		l.end(&EndedError{Reason: Closing})
		h.forget(l)
	}
	h.mu.Unlock()
	h.running.Wait()
}
