package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"devportal.internal/internal/fault"
)

// How many failures there may be within a window.
const (
	window     = 15 * time.Minute
	perLogin   = 10
	perAddress = 100
)

// Code is the code of the fault of who fails too often.
const Code = "TOO_MANY_ATTEMPTS"

// Throttle counts failed sign-ins.
type Throttle struct {
	redis redis.UniversalClient
}

// New counts in Redis.
func New(client redis.UniversalClient) *Throttle { return &Throttle{client} }

// Admit counts an attempt of a login (of a provider; "" where none was given) from an address, or gives an unauthenticated
// fault with code TOO_MANY_ATTEMPTS. Call the function that it gives when the attempt succeeded.
func (t *Throttle) Admit(ctx context.Context, login, address string) (succeeded func(context.Context), err error) {
	limits := map[string]int64{key("address", address): perAddress}
	if login != "" {
		limits[key("login", strings.ToLower(login))] = perLogin
	}
	for name, limit := range limits {
		pipe := t.redis.TxPipeline()
		count := pipe.Incr(ctx, name)
		pipe.ExpireNX(ctx, name, window)
		if _, err := pipe.Exec(ctx); err != nil {
			return nil, fault.Unavailable("throttle.Admit", fmt.Errorf("ask Redis: %w", err))
		}
		if count.Val() > limit {
			return nil, fault.Unauthenticated("throttle.Admit", "too many sign-ins failed: try again in a quarter of an hour").WithCode(Code)
		}
	}
	return func(ctx context.Context) {
		// What is not forgotten for lack of Redis is forgotten at the end of the window.
		t.redis.Decr(ctx, key("address", address))
		if login != "" {
			t.redis.Del(ctx, key("login", strings.ToLower(login)))
		}
	}, nil
}

func key(kind, value string) string {
	sum := sha256.Sum256([]byte(value))
	return "portal:signin:" + kind + ":" + base64.RawURLEncoding.EncodeToString(sum[:16])
}
