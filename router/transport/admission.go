package transport

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// admission lets websockets in at a steady rate, so that ten thousand that come back at once leave room for others. Some
// wait for their turn; who would wait too long is told when to come again, each at another time.
type admission struct {
	every   time.Duration // between two sockets
	burst   int           // that may come at once
	waiting int           // that may wait at once
	now     func() time.Time

	mu    sync.Mutex
	next  time.Time // when the one after those who wait may enter
	queue int
	late  int // that were told to come again since the queue was last empty
}

func newAdmission(perSecond int, now func() time.Time) *admission {
	return &admission{every: time.Second / time.Duration(perSecond), burst: perSecond / 4, waiting: perSecond, now: now}
}

// enter waits for the turn of a socket. If that would be too long, or the client goes, it returns false and after how
// many seconds to come again.
func (a *admission) enter(ctx context.Context) (again int, admitted bool) {
	wait, admitted := a.reserve()
	if !admitted {
		return a.later(), false
	}
	if wait <= 0 {
		return 0, true
	}
	defer a.leave()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0, true
	case <-ctx.Done():
		return 1, false
	}
}

// reserve takes a turn and returns how far off it is; false when as many wait as may.
func (a *admission) reserve() (time.Duration, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if earliest := now.Add(-time.Duration(a.burst) * a.every); a.next.Before(earliest) {
		a.next, a.late = earliest, 0
	}
	wait := a.next.Add(a.every).Sub(now)
	if wait > 0 && a.queue >= a.waiting {
		a.late++
		return 0, false
	}
	a.next = a.next.Add(a.every)
	if wait > 0 {
		a.queue++
	}
	return wait, true
}

func (a *admission) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue--
}

// later is a number of seconds to come again after: as many as those who were told so before take to come in, spread at
// random.
func (a *admission) later() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	span := 1 + int(time.Duration(a.late+a.queue)*a.every/time.Second)
	return 1 + rand.IntN(2*min(span, 60))
}

// refuseSocket says that there is no room, and when to come again.
func (h *Handler) refuseSocket(w http.ResponseWriter, again int, reason string) {
	w.Header().Set("Retry-After", strconv.Itoa(again))
	refusal := Refuse(http.StatusServiceUnavailable, CodeTooManyOperations, reason)
	refusal.Errors[0].Extensions["retryAfter"] = again
	writeRefusal(w, mediaJSON, refusal)
}
