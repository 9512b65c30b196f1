package redis

import (
	"time"

	"github.com/alicebob/miniredis/v2"
)

// clockStep is how exact the expiry of a key is in the embedded Redis.
const clockStep = 100 * time.Millisecond

// driveClock lets time pass in the embedded server: its keys expire only when it is told that time has passed. The
// returned function stops the clock and waits for its goroutine.
func driveClock(server *miniredis.Miniredis) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(clockStep)
		defer ticker.Stop()
		last := time.Now()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
				now := time.Now()
				server.FastForward(now.Sub(last))
				last = now
			}
		}
	}()
	return func() { close(quit); <-done }
}
