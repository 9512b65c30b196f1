package server

import (
	"context"
	"log/slog"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/graph/failure"
)

// streamEnd is where a subscription's resolver leaves the reason for which it ended early.
type streamEnd struct {
	mu  sync.Mutex
	err error
}

type streamEndKey struct{}

// withStreamEnd returns a context in which a subscription can say why it ended.
func withStreamEnd(ctx context.Context) (context.Context, *streamEnd) {
	end := &streamEnd{}
	return context.WithValue(ctx, streamEndKey{}, end), end
}

// EndStream tells the subscriber why their subscription ends. A resolver calls it before it closes its channel; the
// error is presented like that of a field. A nil err, or that of an ended context, is nothing to tell.
func EndStream(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	if end, ok := ctx.Value(streamEndKey{}).(*streamEnd); ok {
		end.mu.Lock()
		defer end.mu.Unlock()
		end.err = err
		return
	}
	transport.AddSubscriptionError(ctx, failure.Present(ctx, slog.Default(), err))
}

// response is the last answer of a stream that ended early; nil for one that did not.
func (e *streamEnd) response(ctx context.Context, logger *slog.Logger) *graphql.Response {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		return nil
	}
	return &graphql.Response{Errors: gqlerror.List{failure.Present(ctx, logger, e.err)}}
}
