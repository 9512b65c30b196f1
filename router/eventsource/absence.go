package eventsource

import (
	"context"
	"errors"
	"time"
)

// Patience is how long a source may be away until its readers are told.
const Patience = 10 * time.Second

// Absence is since when a source has been away from a reader; the zero value is one that is there.
type Absence struct{ since time.Time }

// Ends notes how an attempt to read went, and reports whether the reading ends with its error: it does for every error but
// [ErrAway], for that once it has been the only one for longer than [Patience], and when ctx is over.
func (a *Absence) Ends(ctx context.Context, err error) bool {
	switch {
	case err == nil:
		a.since = time.Time{}
	case !errors.Is(err, ErrAway) || ctx.Err() != nil:
		return true
	case a.since.IsZero():
		a.since = time.Now()
	default:
		return time.Since(a.since) > Patience
	}
	return false
}
