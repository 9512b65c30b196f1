package execute

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"devportal.internal/router/upstream"
)

// run is one execution of a Program. Its mutex guards everything but ctx, req and p.
type run struct {
	p   *Program
	ctx context.Context
	req *Request
	wg  sync.WaitGroup

	mu        sync.Mutex
	arena     arena
	stack     []value  // elements of the lists that are being decoded
	bodies    [][]byte // what values point into
	responses []*upstream.Response
	names     []string // runtime types that the plan does not name, numbered after those it does
	root      uint32
	states    []fetchState
	seen      representationSet
	sharing   sharing
	marks     uint32 // the last of those that collectors leave on objects
	pending   []pendingError
	dropped   int

	path []PathElement
	done chan int // of incremental runs: IDs of fetches that ended
}

// fetchState is how far a fetch is.
type fetchState struct {
	waitsFor int
	ended    bool

	// failed says that there was no usable answer, or that the fetch was not made because one it needs failed; err is the
	// first cause and culprit the fetch that it belongs to.
	failed  bool
	tainted bool // an answer came, but not to all representations that there should have been
	culprit int
	err     error

	// unplaced says that the subgraph reported an error without saying where: absent values need no error of their own.
	unplaced bool

	body  []byte
	pairs [][]pair // an entity field each
	sent  []int    // how many representations, an entity field each

	// objects are those that a root fetch below the root writes into.
	objects []uint32

	// answer and entities are, of a contextual fetch, what it asks this time.
	answer   *selection
	entities []*entities
}

// pair says that the entity at index element of an answer is written to the object at.
type pair struct {
	element uint32
	at      uint32
}

func newRun(p *Program) *run {
	r := &run{p: p, states: make([]fetchState, len(p.fetches)), sharing: sharing{tallies: make([]tally, p.shared)}}
	for i, f := range p.fetches {
		r.states[i].pairs = make([][]pair, len(f.entities))
		r.states[i].sent = make([]int, len(f.entities))
	}
	r.reset()
	return r
}

// reset makes the run ready for the next execution, keeping its memory.
func (r *run) reset() {
	r.ctx, r.req = nil, nil
	r.arena, r.stack, r.bodies, r.names = r.arena[:0], r.stack[:0], r.bodies[:0], r.names[:0]
	r.pending, r.dropped, r.done = r.pending[:0], 0, nil
	r.sharing.found, r.marks = false, 0
	clear(r.responses)
	r.responses = r.responses[:0]
	for i, f := range r.p.fetches {
		s := &r.states[i]
		*s = fetchState{waitsFor: len(f.dependsOn), body: s.body[:0], pairs: s.pairs, sent: s.sent}
	}
}

// initial are the fetches that wait for nothing, but those that only deferred parts need.
func (r *run) initial() []int {
	var ids []int
	for _, f := range r.p.fetches {
		if len(f.dependsOn) == 0 && f.deferred == 0 {
			ids = append(ids, f.id)
		}
	}
	return ids
}

// ready takes fetches that wait for nothing any more and returns those that have something to ask, with their bodies
// made. One that has nothing to ask ends at once, which may make others ready.
func (r *run) ready(ids []int) []*fetch {
	var send []*fetch
	for len(ids) > 0 {
		f := r.p.fetches[ids[0]]
		ids = ids[1:]
		if r.render(f) {
			send = append(send, f)
			continue
		}
		ids = append(ids, r.end(f)...)
	}
	return send
}

// end marks a fetch as ended and returns the fetches that need wait no longer.
func (r *run) end(f *fetch) []int {
	state := &r.states[f.id]
	if state.ended {
		return nil
	}
	state.ended = true
	var ready []int
	for _, id := range f.dependents {
		r.states[id].waitsFor--
		if r.states[id].waitsFor == 0 && r.mayStart(r.p.fetches[id]) {
			ready = append(ready, id)
		}
	}
	if r.done != nil {
		r.done <- f.id
	}
	return ready
}

// mayStart holds fetches of deferred parts back until the initial response is made.
func (r *run) mayStart(f *fetch) bool { return f.deferred == 0 || r.done != nil }

// perform makes the fetches, and those that become ready by them, and returns when all have ended. The last one of
// those that are ready at once runs on the caller's goroutine.
func (r *run) perform(ready []*fetch) {
	r.follow(ready)
	r.wg.Wait()
}

func (r *run) follow(ready []*fetch) {
	for len(ready) > 0 {
		last := len(ready) - 1
		for _, f := range ready[:last] {
			r.spawn(f)
		}
		ready = r.fetch(ready[last])
	}
}

// spawn makes a fetch, and those that become ready by it, on a goroutine of its own.
func (r *run) spawn(f *fetch) {
	r.wg.Go(func() {
		growStack()
		r.follow(r.fetch(f))
	})
}

// growStack makes room on a new goroutine's stack at once, which costs little while there is nothing on it: a stack that
// has to grow while an answer is read, some levels deep, is copied frame by frame, several times.
//
//go:noinline
func growStack() {
	var room [6 << 10]byte
	runtime.KeepAlive(&room)
}

// fetch makes one fetch and returns those that are ready then. A panic fails the fetch, not the process.
func (r *run) fetch(f *fetch) (ready []*fetch) {
	resp, err := r.ask(f)
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			r.fail(f, fmt.Errorf("storing the answer of subgraph %q: %w: %v", f.subgraph, errPanicked, p))
			ready = r.ready(r.end(f))
		}
	}()
	return r.absorb(f, resp, err)
}

var errPanicked = errors.New("panicked")

func (r *run) ask(f *fetch) (resp *upstream.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, fmt.Errorf("asking subgraph %q: %w: %v", f.subgraph, errPanicked, p)
		}
	}()
	if err := r.ctx.Err(); err != nil {
		return nil, fmt.Errorf("asking subgraph %q: %w", f.subgraph, err)
	}
	return r.req.Client.Do(r.ctx, &upstream.Request{
		Subgraph: f.subgraph, Kind: f.kind, OperationName: f.name, Body: r.states[f.id].body, Header: r.req.Header,
	})
}

// absorb takes what a fetch brought into the store and returns the fetches that are ready then.
func (r *run) absorb(f *fetch, resp *upstream.Response, err error) []*fetch {
	bytes := 0
	if err == nil {
		bytes = len(resp.Body)
		err = r.store(f, resp)
	}
	if err != nil {
		r.fail(f, err)
	}
	if r.req.Observe != nil {
		r.req.Observe(FetchEnd{ID: f.id, Subgraph: f.subgraph, Err: err, Bytes: bytes})
	}
	return r.ready(r.end(f))
}

func (r *run) fail(f *fetch, err error) {
	s := &r.states[f.id]
	s.failed, s.err, s.culprit = true, err, f.id
}

// typeID numbers a runtime type that a subgraph named.
func (r *run) typeID(name []byte) uint16 {
	if id, ok := r.p.types.ids[string(name)]; ok {
		return id
	}
	for i := range r.names {
		if r.names[i] == string(name) {
			return uint16(len(r.p.types.names) + i)
		}
	}
	if len(r.names) >= maxUnnamedTypes {
		return noType
	}
	r.names = append(r.names, string(name))
	return uint16(len(r.p.types.names) + len(r.names) - 1)
}

// maxUnnamedTypes bounds the types that subgraphs may name and the plan does not.
const maxUnnamedTypes = 1000

// typeName is the name of a runtime type, "" when it is not known.
func (r *run) typeName(id uint16) string {
	if int(id) < len(r.p.types.names) {
		return r.p.types.names[id]
	}
	return r.names[int(id)-len(r.p.types.names)]
}
