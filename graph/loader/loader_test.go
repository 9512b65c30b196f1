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

func TestWhatIsExpectedIsInTheBatchHoweverLateItIsLoaded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var batches []int
		source := loader.New(func(_ context.Context, keys []int) (map[int]int, error) {
			batches = append(batches, len(keys))
			found := map[int]int{}
			for _, key := range keys {
				found[key] = -key
			}
			return found, nil
		})
		ctx := loader.NewScope(t.Context(), time.Second)
		page := &[]int{1, 2, 3, 4, 5}
		for _, key := range *page {
			source.Expect(ctx, page, func() []int { return *page })
			if got, err := source.Load(ctx, key); got != -key || err != nil {
				t.Errorf("%d: %d, %v", key, got, err)
			}
		}
		if len(batches) != 1 || batches[0] != 5 {
			t.Errorf("batches of %v keys, want one of 5", batches)
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

func TestAPanicIsAnErrorForAllWhoWait(t *testing.T) {
	t.Parallel()
	source := loader.New(func(context.Context, []int) (map[int]int, error) { panic("hunter2") })
	if _, err := source.Load(loader.NewScope(t.Context(), time.Millisecond), 1); err == nil {
		t.Error("the panic is lost")
	}
}

func TestManyKeysAreReadInParts(t *testing.T) {
	t.Parallel()
	var longest atomic.Int64
	source := loader.New(func(_ context.Context, keys []int) (map[int]int, error) {
		longest.Store(max(longest.Load(), int64(len(keys))))
		found := map[int]int{}
		for _, key := range keys {
			found[key] = key
		}
		return found, nil
	})
	keys := make([]int, 5_000)
	for i := range keys {
		keys[i] = i
	}
	values, err := source.LoadAll(loader.NewScope(t.Context(), time.Millisecond), keys)
	if err != nil || values[4_999] != 4_999 || longest.Load() > 1000 {
		t.Errorf("%v, longest %d", err, longest.Load())
	}
}
