package loader

import (
	"context"
	"fmt"

	"github.com/graph-gophers/dataloader/v7"

	"devportal.internal/internal/fault"
)

// maxBatch is the most keys that one fetch is given.
const maxBatch = 1000

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
	batcher, err := s.batcher(ctx)
	if err != nil {
		var zero V
		return zero, err
	}
	return batcher.Load(ctx, key)()
}

// LoadAll gives the values of the keys, in their order; the zero value where there is none.
func (s *Source[K, V]) LoadAll(ctx context.Context, keys []K) ([]V, error) {
	batcher, err := s.batcher(ctx)
	if err != nil {
		return nil, err
	}
	values, errs := batcher.LoadMany(ctx, keys)()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Prime puts a value that was read by other means into the scope, so that it is not read again.
func (s *Source[K, V]) Prime(ctx context.Context, key K, value V) {
	if batcher, err := s.batcher(ctx); err == nil {
		batcher.Prime(ctx, key, value)
	}
}

func (s *Source[K, V]) batcher(ctx context.Context) (*dataloader.Loader[K, V], error) {
	scope, ok := scopeOf(ctx)
	if !ok {
		return nil, fault.Internal("loader.Load", fmt.Errorf("the context has no loader scope"))
	}
	made := scope.get(s, func() any { return s.open(scope) })
	return made.(*dataloader.Loader[K, V]), nil
}

func (s *Source[K, V]) open(scope *scope) *dataloader.Loader[K, V] {
	batch := func(_ context.Context, keys []K) []*dataloader.Result[V] {
		found, err := s.fetch(scope.ctx, keys)
		results := make([]*dataloader.Result[V], len(keys))
		for i, key := range keys {
			results[i] = &dataloader.Result[V]{Data: found[key], Error: err}
		}
		return results
	}
	return dataloader.NewBatchedLoader(batch,
		dataloader.WithWait[K, V](scope.wait), dataloader.WithBatchCapacity[K, V](maxBatch))
}
