package throttle

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"devportal.internal/internal/fault"
)

// Replays remembers in Redis what may come only once.
type Replays struct {
	redis redis.UniversalClient
}

// NewReplays remembers in Redis.
func NewReplays(client redis.UniversalClient) *Replays { return &Replays{client} }

// First reports whether an id comes for the first time, and remembers it for a time.
func (r *Replays) First(ctx context.Context, id string, life time.Duration) (bool, error) {
	const op = "throttle.First"
	err := r.redis.SetArgs(ctx, key("once", id), "1", redis.SetArgs{Mode: "NX", TTL: life}).Err()
	if err == redis.Nil { //nolint:errorlint // the client returns the value itself
		return false, nil
	}
	if err != nil {
		return false, fault.Unavailable(op, fmt.Errorf("ask Redis: %w", err))
	}
	return true, nil
}
