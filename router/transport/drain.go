package transport

import (
	"context"
	"sync"
)

// drain counts what runs, and lets nothing new in once the end has begun.
type drain struct {
	// ending is closed when the end has begun, idle when nothing runs any more after that.
	ending chan struct{}
	idle   chan struct{}

	mu      sync.Mutex
	running int
	ended   bool
}

func newDrain() *drain {
	return &drain{ending: make(chan struct{}), idle: make(chan struct{})}
}

// enter counts one more; false means that the end has begun.
func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return false
	}
	d.running++
	return true
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running--
	d.closeIdle()
}

func (d *drain) closeIdle() {
	if d.ended && d.running == 0 {
		close(d.idle)
	}
}

// end begins the end, and waits until nothing runs or ctx is done. It may be called again.
func (d *drain) end(ctx context.Context) error {
	d.begin()
	select {
	case <-d.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *drain) begin() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return
	}
	d.ended = true
	close(d.ending)
	d.closeIdle()
}
