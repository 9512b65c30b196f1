package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const firstPause = 20 * time.Millisecond

// repeated makes the call, again if it is a query that found no usable subgraph. Between attempts it waits, each time
// up to twice as long; how long exactly is random, so that routers do not come back all at once.
func (m *member) repeated(ctx context.Context, c *call) (*Response, error) {
	for attempt := 0; ; attempt++ {
		resp, err := m.attempt(ctx, c)
		if c.Kind != Query || attempt >= m.config.Retries || !isTransient(resp, err) {
			return resp, err
		}
		pause := firstPause/2 + rand.N(firstPause<<min(attempt, 6))
		if time.Until(c.deadline) <= pause || !wait(ctx, pause) {
			return resp, err
		}
		resp.Release()
	}
}

func isTransient(resp *Response, err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason == Unreachable || isTransientStatus(e.Status)
	}
	return resp != nil && isTransientStatus(resp.Status)
}

func isTransientStatus(status int) bool { return status == 502 || status == 503 || status == 504 }

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
