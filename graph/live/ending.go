package live

import (
	"context"
	"log/slog"
	"sync"

	"github.com/99designs/gqlgen/graphql/handler/transport"

	"devportal.internal/graph/failure"
)

// Ending holds why a subscription ended. A transport that tells it puts one into the context of the operation.
type Ending struct {
	mu  sync.Mutex
	err error
}

type endingKey struct{}

// NewContext is a context whose subscription can say why it ends.
func NewContext(ctx context.Context) (context.Context, *Ending) {
	ending := &Ending{}
	return context.WithValue(ctx, endingKey{}, ending), ending
}

// Err is why the subscription ended; nil when it ended as it should, or has not ended.
func (e *Ending) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// end notes why the subscription of the context ends. Without an Ending, the operation came over the library's
// websocket, which has a place of its own for that.
func end(ctx context.Context, err error) {
	ending, ok := ctx.Value(endingKey{}).(*Ending)
	if !ok {
		transport.AddSubscriptionError(ctx, failure.Present(ctx, slog.Default(), err))
		return
	}
	ending.mu.Lock()
	defer ending.mu.Unlock()
	ending.err = err
}
