package loader_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"devportal.internal/graph/loader"
)

func TestKeysOfAResponseAreBatched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var batches atomic.Int32
		source := loader.New(func(_ context.Context, keys []int) (map[int]string, error) {
			batches.Add(1)
			found := map[int]string{}
			for _, key := range keys {
				if key%2 == 0 {
					found[key] = "even"
				}
			}
			return found, nil
		})
		ctx := loader.NewScope(t.Context(), time.Second)
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				got, err := source.Load(ctx, i)
				if want := map[bool]string{true: "even"}[i%2 == 0]; err != nil || got != want {
					t.Errorf("%d: %q, %v", i, got, err)
				}
			})
		}
		all.Wait()
		if batches.Load() != 1 {
			t.Errorf("%d batches", batches.Load())
		}
		if _, err := source.Load(ctx, 4); err != nil || batches.Load() != 1 {
			t.Errorf("what was read is read again: %d batches, %v", batches.Load(), err)
		}
		if _, err := source.Load(loader.NewScope(t.Context(), time.Second), 4); err != nil || batches.Load() != 2 {
			t.Errorf("another response sees what this one read: %d batches, %v", batches.Load(), err)
		}
	})
}

func TestABatchOutlivesTheCallerWhoBeganIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := loader.New(func(ctx context.Context, keys []int) (map[int]int, error) {
			return map[int]int{1: 1, 2: 2}, ctx.Err()
		})
		ctx := loader.NewScope(t.Context(), time.Second)
		first, cancel := context.WithCancel(ctx)
		var all sync.WaitGroup
		all.Go(func() { _, _ = source.Load(first, 1) })
		synctest.Wait()
		cancel()
		if got, err := source.Load(ctx, 2); got != 2 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
		all.Wait()
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	source := loader.New(func(context.Context, []int) (map[int]int, error) { return nil, broken })
	if _, err := source.LoadAll(loader.NewScope(t.Context(), time.Millisecond), []int{1, 2}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := source.Load(t.Context(), 1); err == nil {
		t.Error("nothing is said about a context without a scope")
	}
}
