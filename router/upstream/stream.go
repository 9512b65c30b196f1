package upstream

import (
	"context"
	"io"
	"sync"
)

// pump is a Stream that a goroutine feeds, one event ahead of its reader at most.
type pump struct {
	events chan []byte
	cancel context.CancelFunc
	wg     sync.WaitGroup
	err    error // how it ended; set before events is closed
}

// newPump starts feed, which calls emit for each event until emit says no, and returns how the stream ended: nil for
// completed. Its context ends when the stream is closed.
func newPump(ctx context.Context, cancel context.CancelFunc, classify func(context.Context, error) error,
	feed func(ctx context.Context, emit func([]byte) bool) error,
) *pump {
	p := &pump{events: make(chan []byte), cancel: cancel}
	p.wg.Go(func() {
		defer close(p.events)
		defer cancel()
		stopped := false
		emit := func(event []byte) bool {
			select {
			case p.events <- event:
			case <-ctx.Done():
				stopped = true
			}
			return !stopped
		}
		p.err = io.EOF
		if err := feed(ctx, emit); err != nil || stopped {
			p.err = classify(ctx, err)
		}
	})
	return p
}

// Next implements Stream.
func (p *pump) Next(ctx context.Context) ([]byte, error) {
	select {
	case event, ok := <-p.events:
		if !ok {
			return nil, p.err
		}
		return event, nil
	case <-ctx.Done():
		return nil, &Error{Reason: Canceled, Err: ctx.Err()}
	}
}

// Close implements Stream.
func (p *pump) Close() error {
	p.cancel()
	p.wg.Wait()
	return nil
}
