package loader

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// DefaultWait is how long no further key must come before a batch is fetched. It is the price of a level of the answer.
const DefaultWait = time.Millisecond

// scope is the loaders of one response.
type scope struct {
	// ctx is kept because a batch belongs to the response, not to any of its callers.
	ctx  context.Context
	wait time.Duration

	mu      sync.Mutex
	loaders map[any]any
}

type scopeKey struct{}

// NewScope returns a context in which sources can be loaded. Keys are collected until none has come for the given time.
func NewScope(ctx context.Context, wait time.Duration) context.Context {
	s := &scope{wait: wait, loaders: map[any]any{}}
	inner := context.WithValue(ctx, scopeKey{}, s)
	s.ctx = inner
	return inner
}

// Interceptor opens a scope for each response: the answer of a query or mutation, or one event of a subscription.
func Interceptor(wait time.Duration) graphql.ResponseMiddleware {
	return func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(NewScope(ctx, wait))
	}
}

func scopeOf(ctx context.Context) (*scope, bool) {
	s, ok := ctx.Value(scopeKey{}).(*scope)
	return s, ok
}

// get gives the loader of a source, made the first time.
func (s *scope) get(source any, open func() any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.loaders[source]; ok {
		return made
	}
	made := open()
	s.loaders[source] = made
	return made
}
