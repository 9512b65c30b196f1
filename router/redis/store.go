package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Store is what the replicas share. Close it once the router has ended.
type Store struct {
	client *redis.Client
	prefix string
}

// Times of one exchange; a Redis that is slower counts as away.
const (
	dialTimeout     = 250 * time.Millisecond
	exchangeTimeout = 250 * time.Millisecond
)

// Open makes a Store at a URL (redis://, rediss:// or unix://), whose keys begin with a prefix. It does not connect yet.
// Its error does not show the URL, which may hold a password.
func Open(url, prefix string) (*Store, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("the Redis URL must be redis://, rediss:// or unix://")
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialTimeout, exchangeTimeout, exchangeTimeout
	options.MaxRetries = -1
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	return &Store{client: redis.NewClient(options), prefix: prefix}, nil
}

// Close ends the connections.
func (s *Store) Close() error {
	if err := s.client.Close(); err != nil {
		return fmt.Errorf("closing the connections to Redis: %w", err)
	}
	return nil
}

// counted is the one member of the sorted set that a number is kept in: sorted sets alone have a maximum (ZADD GT).
const counted = "v"

// Advance implements budget.Counter. Numbers are exact up to 2^53.
func (s *Store) Advance(ctx context.Context, key string, floor, by int64, forget time.Duration) (int64, error) {
	key = s.prefix + "budget:" + key
	var sum *redis.FloatCmd
	_, err := s.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.ZAddGT(ctx, key, redis.Z{Score: float64(floor), Member: counted})
		sum = pipe.ZIncrBy(ctx, key, float64(by), counted)
		pipe.PExpire(ctx, key, forget)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("counting in Redis: %w", err)
	}
	return int64(sum.Val()), nil
}

// Text implements persisted.Store.
func (s *Store) Text(ctx context.Context, key string) (string, error) {
	text, err := s.client.Get(ctx, s.prefix+"query:"+key).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("reading from Redis: %w", err)
	}
	return text, nil
}

// KeepText implements persisted.Store.
func (s *Store) KeepText(ctx context.Context, key, text string, during time.Duration) error {
	if err := s.client.Set(ctx, s.prefix+"query:"+key, text, during).Err(); err != nil {
		return fmt.Errorf("writing to Redis: %w", err)
	}
	return nil
}
