package budget

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync/atomic"
	"time"
)

// Bucket is how much a caller may ask: Size points at once, and Restore points a second in the long run. The zero
// Bucket means as much as they like.
type Bucket struct {
	Size    int
	Restore int
}

// Unlimited says that there is nothing to count.
func (b Bucket) Unlimited() bool { return b.Size <= 0 || b.Restore <= 0 }

// Balance is what a bucket holds at a moment.
type Balance struct {
	Bucket
	Available int
}

// Counter keeps numbers by key. It is safe for concurrent use.
type Counter interface {
	// Advance raises the number of a key to floor if it is less or is not there, then adds by to it, and returns it; all
	// in one step. The number may be forgotten once it was not advanced for a time.
	Advance(ctx context.Context, key string, floor, by int64, forget time.Duration) (int64, error)
}

// Options says where Budgets count.
type Options struct {
	// Shared counts for all replicas; nil counts in this process alone.
	Shared Counter

	// Logger is told when the shared Counter goes and comes back; nil is silent.
	Logger *slog.Logger

	// Now is the clock; nil is time.Now. Those of all who share a Counter must agree to within what a bucket restores.
	Now func() time.Time
}

// Bounds of the use of a shared Counter: how long it may take, and how long it is left alone after it failed.
const (
	sharedTime = 250 * time.Millisecond
	sharedRest = time.Second
)

// Budgets are the buckets of all callers. They are safe for concurrent use.
type Budgets struct {
	options Options
	local   *memory
	rests   atomic.Int64 // until when the shared Counter is left alone, in microseconds; 0 when it answers
}

// New makes Budgets whose buckets are full.
func New(options Options) *Budgets {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Budgets{options: options, local: newMemory()}
}

// Local says that a shared Counter is configured and cannot be reached: each replica counts for itself.
func (b *Budgets) Local() bool { return b.options.Shared != nil && b.rests.Load() != 0 }

// Take takes points from a caller's bucket, or says how long it takes until there are enough.
func (b *Budgets) Take(ctx context.Context, caller string, points int, bucket Bucket) (Balance, time.Duration) {
	key, now := keyOf(caller), b.options.Now().UnixMicro()
	full := bucket.span(bucket.Size)
	at := b.advance(ctx, key, now, bucket.span(points), bucket)
	if missing := at - now - full; missing > 0 {
		at = b.advance(ctx, key, now, -bucket.span(points), bucket)
		return bucket.balance(at - now), time.Duration(missing) * time.Microsecond
	}
	return bucket.balance(at - now), 0
}

// Return puts points back that were taken and not used, or, below zero, takes those that were used beyond. That may
// leave a bucket with less than nothing, but no more than one bucket full.
func (b *Budgets) Return(ctx context.Context, caller string, points int, bucket Bucket) Balance {
	now := b.options.Now().UnixMicro()
	at := b.advance(ctx, keyOf(caller), now, -bucket.span(max(points, -bucket.Size)), bucket)
	return bucket.balance(at - now)
}

// span is how long a number of points takes to be restored, in microseconds.
func (b Bucket) span(points int) int64 { return int64(points) * 1e6 / int64(b.Restore) }

// balance is what a bucket holds that will be full after a time in microseconds.
func (b Bucket) balance(until int64) Balance {
	available := int64(b.Size) - max(until, 0)*int64(b.Restore)/1e6
	return Balance{Bucket: b, Available: int(max(available, 0))}
}

// keyOf hides who the caller is from whoever sees the store.
func keyOf(caller string) string {
	sum := sha256.Sum256([]byte(caller))
	return hex.EncodeToString(sum[:16])
}

// advance asks the shared Counter, and the local one when that one is away.
func (b *Budgets) advance(ctx context.Context, key string, now, by int64, bucket Bucket) int64 {
	if b.options.Shared != nil && b.rests.Load() <= now {
		if at, err := b.share(ctx, key, now, by, bucket); err == nil {
			return at
		}
	}
	return b.local.advance(key, now, by)
}

func (b *Budgets) share(ctx context.Context, key string, now, by int64, bucket Bucket) (int64, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedTime)
	defer cancel()
	forget := 2*time.Duration(bucket.span(bucket.Size))*time.Microsecond + time.Second
	at, err := b.options.Shared.Advance(ctx, key, now, by, forget)
	if err != nil {
		if b.rests.Swap(now+sharedRest.Microseconds()) == 0 {
			b.options.Logger.WarnContext(ctx, "budgets are counted by each replica for itself", "error", err.Error())
		}
		return 0, err
	}
	if b.rests.Swap(0) != 0 {
		b.options.Logger.InfoContext(ctx, "budgets are counted for all replicas again")
	}
	return at, nil
}
