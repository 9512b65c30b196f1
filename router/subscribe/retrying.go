package subscribe

import (
	"context"
	"time"
)

// The first and the longest wait before a source is opened again.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 5 * time.Second
)

// retrying says when a source is opened again: after waits that double, each shortened at random by up to a half, so that
// those who lost their source together do not come back together; and for a limited time.
type retrying struct {
	jitter   func() float64
	patience time.Duration

	next   time.Duration
	waited time.Duration
}

// reset begins anew, after a source was good.
func (r *retrying) reset() { r.next, r.waited = 0, 0 }

// wait waits; false says that patience or ctx has ended.
func (r *retrying) wait(ctx context.Context) bool {
	r.next = min(max(2*r.next, firstWait), longestWait)
	pause := time.Duration(float64(r.next) * (1 - r.jitter()/2))
	if r.waited += pause; r.waited > r.patience {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
