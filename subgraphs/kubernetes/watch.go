package kubernetes

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// readTimeout is how long the reading of one cluster may take.
const readTimeout = time.Minute

// Watcher reads all clusters again and again. Store and Every are required.
type Watcher struct {
	Store   Store
	Sources []Source
	Every   time.Duration
	Logger  *slog.Logger
}

// Read reads every cluster once, all at the same time. One that cannot be read is noted as such and told to the log; an
// error means that the store does not answer.
func (w *Watcher) Read(ctx context.Context) error {
	errs := make([]error, len(w.Sources))
	var group sync.WaitGroup
	for i, source := range w.Sources {
		group.Go(func() { errs[i] = w.readOne(ctx, source) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *Watcher) readOne(ctx context.Context, source Source) error {
	readCtx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	workloads, err := source.Workloads(readCtx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		w.Logger.WarnContext(ctx, "a cluster cannot be read", slog.String("cluster", source.Name()), slog.Any("error", err))
		return w.Store.Unreachable(ctx, source.Name(), "the cluster could not be read; what is shown is what was last known")
	}
	return w.Store.Replace(ctx, source.Name(), workloads)
}

// Start forgets the clusters that are in the settings no more and reads all others once.
func (w *Watcher) Start(ctx context.Context) error {
	names := make([]string, len(w.Sources))
	for i, source := range w.Sources {
		names[i] = source.Name()
	}
	if err := w.Store.Retain(ctx, names); err != nil {
		return err
	}
	return w.Read(ctx)
}

// Run reads every cluster at every interval until the context ends, whose error it gives.
func (w *Watcher) Run(ctx context.Context) error {
	ticker := time.NewTicker(w.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			if err := w.Read(ctx); err != nil && ctx.Err() == nil {
				w.Logger.WarnContext(ctx, "clusters could not be stored", slog.Any("error", err))
			}
		}
	}
}
