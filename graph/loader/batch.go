package loader

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"devportal.internal/internal/fault"
)

const (
	// maxBatch is the most keys that one fetch is given.
	maxBatch = 1000
	// maxWaits bounds how long keys are collected while more keep coming, in waits.
	maxWaits = 50
)

// batch collects the keys of a source that one response wants, and remembers what was answered. Keys are collected until
// none has come for the scope's wait: how fast resolvers get their turn depends on how busy the machine is.
type batch[K comparable, V any] struct {
	scope *scope
	fetch Fetch[K, V]

	mu       sync.Mutex
	answers  map[K]*answer[V]
	expected map[any]bool // the occasions
	pending  []K
	timer    *time.Timer
	latest   time.Time
}

// answer is what comes of one key; done is closed when it is there.
type answer[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// await gives the answer, unless the caller is given up before. The batch goes on then: others want it.
func (a *answer[V]) await(ctx context.Context) (V, error) {
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		var zero V
		return zero, fault.In("loader.Load", ctx.Err())
	}
}

// want gives the answer to a key, which is asked for if it was not yet.
func (b *batch[K, V]) want(key K) *answer[V] {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.add(key)
}

// expect adds what will be wanted, the first time that it is told so.
func (b *batch[K, V]) expect(occasion any, keys func() []K) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.expected[occasion] {
		return
	}
	b.expected[occasion] = true
	for _, key := range keys() {
		b.add(key)
	}
}

// add gives the answer to a key, which is put into the batch if it was in none yet. The caller holds the lock.
func (b *batch[K, V]) add(key K) *answer[V] {
	if a, known := b.answers[key]; known {
		return a
	}
	a := &answer[V]{done: make(chan struct{})}
	b.answers[key] = a
	b.pending = append(b.pending, key)
	b.schedule()
	return a
}

// schedule puts the fetch off for as long as keys keep coming. The caller holds the lock.
func (b *batch[K, V]) schedule() {
	now := time.Now()
	switch {
	case len(b.pending) == 1:
		b.latest = now.Add(maxWaits * b.scope.wait)
		b.timer = time.AfterFunc(b.scope.wait, b.flush)
	case len(b.pending) >= maxBatch:
		b.timer.Reset(0)
	case now.Before(b.latest):
		b.timer.Reset(b.scope.wait)
	}
}

// flush fetches what is wanted by now. A timer that went off while it was put off finds nothing left to do.
func (b *batch[K, V]) flush() {
	b.awaitTurns()
	b.mu.Lock()
	keys := b.pending
	b.pending = nil
	b.mu.Unlock()
	for len(keys) > 0 {
		part := keys[:min(len(keys), maxBatch)]
		keys = keys[len(part):]
		b.settle(part)
	}
}

// maxTurns bounds how often a flush lets others go first.
const maxTurns = 20

// awaitTurns lets every goroutine that could run have a turn first, for as long as they keep wanting keys: on a busy machine
// the resolvers of a page wait for a processor longer than a batch waits for keys.
func (b *batch[K, V]) awaitTurns() {
	for range maxTurns {
		before := b.waiting()
		runtime.Gosched()
		if b.waiting() == before || before >= maxBatch {
			return
		}
	}
}

func (b *batch[K, V]) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pending)
}

func (b *batch[K, V]) settle(keys []K) {
	found, err := b.read(keys)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range keys {
		a := b.answers[key]
		a.value, a.err = found[key], err
		close(a.done)
	}
}

// read runs the fetch under the scope's context; a panic in it is an error for all who wait.
func (b *batch[K, V]) read(keys []K) (found map[K]V, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			found, err = nil, fault.Internal("loader.fetch", fmt.Errorf("panic: %v", panicked))
		}
	}()
	return b.fetch(b.scope.ctx, keys)
}

func (b *batch[K, V]) prime(key K, value V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.answers[key]; !known {
		a := &answer[V]{done: make(chan struct{}), value: value}
		close(a.done)
		b.answers[key] = a
	}
}
