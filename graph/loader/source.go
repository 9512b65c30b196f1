package loader

import (
	"context"
	"errors"

	"devportal.internal/internal/fault"
)

// Fetch reads the values of distinct keys. A key without a value is left out of the result.
type Fetch[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// Source is something that can be loaded by key. It is immutable and lives as long as its subgraph.
type Source[K comparable, V any] struct {
	fetch Fetch[K, V]
}

// New makes a source.
func New[K comparable, V any](fetch Fetch[K, V]) *Source[K, V] { return &Source[K, V]{fetch: fetch} }

// Load gives the value of the key; the zero value when there is none. Calls of one response are batched.
func (s *Source[K, V]) Load(ctx context.Context, key K) (V, error) {
	batch, err := s.batch(ctx)
	if err != nil {
		var zero V
		return zero, err
	}
	return batch.want(key).await(ctx)
}

// LoadAll gives the values of the keys, in their order; the zero value where there is none.
func (s *Source[K, V]) LoadAll(ctx context.Context, keys []K) ([]V, error) {
	batch, err := s.batch(ctx)
	if err != nil {
		return nil, err
	}
	answers := make([]*answer[V], len(keys))
	for i, key := range keys {
		answers[i] = batch.want(key)
	}
	values := make([]V, len(keys))
	for i, a := range answers {
		if values[i], err = a.await(ctx); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Expect tells which keys will be wanted together with one that is about to be: those of the other items of a page. They are
// in its batch then, however late the resolvers of those items get their turn. An occasion, which must be comparable, says
// what the keys are expected for; only the first call of each is listened to, so every resolver of the page may make it. The
// function may load from other sources, not from this one.
func (s *Source[K, V]) Expect(ctx context.Context, occasion any, keys func() []K) {
	if batch, err := s.batch(ctx); err == nil {
		batch.expect(occasion, keys)
	}
}

// Prime puts a value that was read by other means into the scope, so that it is not read again.
func (s *Source[K, V]) Prime(ctx context.Context, key K, value V) {
	if batch, err := s.batch(ctx); err == nil {
		batch.prime(key, value)
	}
}

func (s *Source[K, V]) batch(ctx context.Context) (*batch[K, V], error) {
	scope, ok := scopeOf(ctx)
	if !ok {
		return nil, fault.Internal("loader.Load", errors.New("the context has no loader scope"))
	}
	made := scope.get(s, func() any {
		return &batch[K, V]{scope: scope, fetch: s.fetch, answers: map[K]*answer[V]{}, expected: map[any]bool{}}
	})
	return made.(*batch[K, V]), nil
}
