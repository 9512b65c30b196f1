package persisted

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"devportal.internal/router/internal/cache"
)

// Store keeps automatic documents for all replicas of a router. It may forget any of them at any time, and takes as long
// as the context lets it. It is safe for concurrent use.
type Store interface {
	// Text returns what is kept under a key, "" if nothing is.
	Text(ctx context.Context, key string) (string, error)

	// KeepText keeps a text for some time.
	KeepText(ctx context.Context, key, text string, during time.Duration) error
}

// Bounds of automatic documents, which anybody can make the router keep.
const (
	keptDocuments = 10_000
	keptBytes     = 16 << 20
	maxKept       = 256 << 10
	keptTime      = 24 * time.Hour

	// storeTime is how long a Store may take; after one that failed, it is left alone for storeRest.
	storeTime = 250 * time.Millisecond
	storeRest = 2 * time.Second
)

// automatic keeps automatic documents: in this process, and in a Store beyond.
type automatic struct {
	local  *cache.Cache[string]
	shared Store
	logger *slog.Logger
	now    func() time.Time
	rests  atomic.Int64 // until when the Store is left alone, in nanoseconds
}

func newAutomatic(shared Store, logger *slog.Logger, now func() time.Time) *automatic {
	return &automatic{local: cache.New[string](keptDocuments, keptBytes), shared: shared, logger: logger, now: now}
}

// find returns the text that has a hash. What a Store gives is not trusted to.
func (a *automatic) find(ctx context.Context, hash string) (string, bool) {
	if text, known := a.local.Find(hash); known {
		return text, true
	}
	var text string
	a.ask(ctx, func(ctx context.Context) (err error) {
		text, err = a.shared.Text(ctx, hash)
		return err
	})
	if text == "" || Hash(text) != hash {
		return "", false
	}
	a.local.Keep(hash, text, len(text))
	return text, true
}

func (a *automatic) keep(ctx context.Context, hash, text string) {
	if _, known := a.local.Find(hash); known || len(text) > maxKept {
		return
	}
	a.local.Keep(hash, text, len(text))
	a.ask(ctx, func(ctx context.Context) error { return a.shared.KeepText(ctx, hash, text, keptTime) })
}

// ask asks the Store, unless it has just failed.
func (a *automatic) ask(ctx context.Context, what func(context.Context) error) {
	if a.shared == nil || a.now().UnixNano() < a.rests.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := what(ctx); err != nil {
		a.rests.Store(a.now().Add(storeRest).UnixNano())
		a.logger.WarnContext(ctx, "persisted queries are kept in this process alone", "error", err.Error())
	}
}
