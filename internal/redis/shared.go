package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Shared keeps numbers and texts that the replicas of a process share and can do without. One exchange a call.
type Shared struct {
	client *redis.Client
	prefix string
}

// Shared makes a Shared whose keys begin with a prefix.
func (h *Handle) Shared(prefix string) *Shared { return &Shared{client: h.Client, prefix: prefix} }

// member is the one member of the sorted set that a number is kept in: sorted sets alone have a maximum.
const member = "v"

// Advance raises the number of a key to floor if it is less or is not there, adds by, and returns it. The number is
// forgotten when it was not advanced for a time.
func (s *Shared) Advance(ctx context.Context, key string, floor, by int64, forget time.Duration) (int64, error) {
	key = s.prefix + "number:" + key
	var sum *redis.FloatCmd
	_, err := s.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.ZAddGT(ctx, key, redis.Z{Score: float64(floor), Member: member})
		sum = pipe.ZIncrBy(ctx, key, float64(by), member)
		pipe.PExpire(ctx, key, forget)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("advance a number in Redis: %w", err)
	}
	return int64(sum.Val()), nil
}

// Text returns the text of a key, "" if there is none.
func (s *Shared) Text(ctx context.Context, key string) (string, error) {
	text, err := s.client.Get(ctx, s.prefix+"text:"+key).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("read a text from Redis: %w", err)
	}
	return text, nil
}

// KeepText keeps a text for some time.
func (s *Shared) KeepText(ctx context.Context, key, text string, during time.Duration) error {
	if err := s.client.Set(ctx, s.prefix+"text:"+key, text, during).Err(); err != nil {
		return fmt.Errorf("write a text to Redis: %w", err)
	}
	return nil
}
