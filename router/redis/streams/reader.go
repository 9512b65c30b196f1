package streams

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"devportal.internal/router/eventsource"
)

// reader waits for entries of one stream, for all who go through it, on one connection.
type reader struct {
	client *redis.Client
	stream string
	users  int // the source's mu guards it
	cancel context.CancelFunc
	ended  chan struct{}

	// mu guards these. woken is closed, and replaced, when there may be something new; away says that Redis has been
	// unreachable for longer than eventsource.Patience.
	mu    sync.Mutex
	woken chan struct{}
	away  bool
}

// How long one read waits, and how the waits between attempts grow.
const (
	block     = time.Second
	firstWait = 50 * time.Millisecond
	longWait  = 2 * time.Second
)

func (r *reader) state() (woken <-chan struct{}, away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.woken, r.away
}

func (r *reader) wake(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
	close(r.woken)
	r.woken = make(chan struct{})
}

// run wakes everyone with each new entry, with each attempt that succeeds after one that did not, and when patience ends.
// Each round, it asks for the stream's end before it wakes them and waits after that: nothing comes between unseen.
func (r *reader) run(ctx context.Context) {
	defer close(r.ended)
	var pause, waited time.Duration
	last := entryID{}
	for known := false; ctx.Err() == nil; {
		now, err := streamInfo(r.client.XInfoStream(ctx, r.stream))
		if err == nil {
			if !known || now.last != last || waited > 0 {
				r.wake(false)
			}
			known, last, pause, waited = true, now.last, 0, 0
			err = r.await(ctx, last)
		}
		if err == nil {
			continue
		}
		pause = min(max(2*pause, firstWait), longWait)
		if waited += pause; waited > eventsource.Patience {
			r.wake(true)
		}
		rest(ctx, pause-time.Duration(rand.Int64N(int64(pause)/2))) //nolint:gosec // jitter is no secret
	}
}

// await waits until there is an entry after an id, or the time of one read has passed.
func (r *reader) await(ctx context.Context, after entryID) error {
	err := r.client.XRead(ctx, &redis.XReadArgs{Streams: []string{r.stream, after.String()}, Count: 1, Block: block}).Err()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

func rest(ctx context.Context, during time.Duration) {
	timer := time.NewTimer(during)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
