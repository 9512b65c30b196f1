package lifecycle

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Loop makes a part of a function that runs until its context ends, such as a relay or a watcher. When the function
// returns before that, or panics, the part has failed and the group stops.
func Loop(name string, run func(ctx context.Context) error) Part {
	l := &loop{run: run, failed: make(chan error, 1)}
	return Part{
		Name:   name,
		Start:  l.start,
		Stop:   l.stop,
		Failed: func() <-chan error { return l.failed },
	}
}

type loop struct {
	run    func(ctx context.Context) error
	cancel context.CancelFunc
	done   sync.WaitGroup
	failed chan error
}

func (l *loop) start(ctx context.Context) error {
	ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.done.Go(func() {
		if err := guarded(ctx, l.run); ctx.Err() == nil {
			l.failed <- err
		}
	})
	return nil
}

// stop ends the loop and waits for it, at most until ctx is done.
func (l *loop) stop(ctx context.Context) error {
	l.cancel()
	ended := make(chan struct{})
	go func() { l.done.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("it still runs: %w", ctx.Err())
	}
}

func guarded(ctx context.Context, run func(ctx context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return run(ctx)
}
