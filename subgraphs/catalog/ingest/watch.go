package ingest

import (
	"context"
	"log/slog"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/fsnotify/fsnotify"
)

const (
	// quiet is how long nothing must happen before what changed is read.
	quiet = 200 * time.Millisecond
	// maxFolders bounds what is watched; beyond it the schedule has to do.
	maxFolders = 4_000
)

// watch knows the folders that locations were read from, and tells which locations may have changed.
type watch struct {
	logger *slog.Logger

	mu sync.Mutex
	// folders leads to the locations that were read from a folder.
	folders map[string]map[string]bool
	// notify is nil while nobody watches.
	notify *fsnotify.Watcher
}

func newWatch(logger *slog.Logger) *watch {
	return &watch{logger: logger, folders: map[string]map[string]bool{}}
}

// cover notes the files and patterns that a location was read from.
func (w *watch) cover(locationID string, trail []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, target := range trail {
		base, _ := doublestar.SplitPattern(target)
		for _, folder := range []string{path.Dir(target), base, path.Dir(path.Dir(target))} {
			w.add(filepath.FromSlash(folder), locationID)
		}
	}
}

// add notes one folder; the caller holds the lock. What cannot be watched is left to the schedule.
func (w *watch) add(folder, locationID string) {
	locations, known := w.folders[folder]
	if !known {
		if len(w.folders) >= maxFolders {
			return
		}
		locations = map[string]bool{}
		w.folders[folder] = locations
		if w.notify != nil {
			_ = w.notify.Add(folder)
		}
	}
	locations[locationID] = true
}

func (w *watch) forget(locationID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for folder, locations := range w.folders {
		delete(locations, locationID)
		if len(locations) > 0 {
			continue
		}
		delete(w.folders, folder)
		if w.notify != nil {
			_ = w.notify.Remove(folder)
		}
	}
}

// locationsOf gives the locations that a changed path belongs to.
func (w *watch) locationsOf(name string, into map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, folder := range []string{filepath.Dir(name), name} {
		for id := range w.folders[folder] {
			into[id] = true
		}
	}
}

func (w *watch) open() (*fsnotify.Watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notify = notify
	for folder := range w.folders {
		_ = notify.Add(folder)
	}
	return notify, nil
}

func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.notify.Close()
	w.notify = nil
}

// Watch reads locations again whose files change, until the context ends. A system that cannot watch files is told of
// in the log: the schedule still works there.
func (k *Keeper) Watch(ctx context.Context) error {
	notify, err := k.watch.open()
	if err != nil {
		k.opts.Logger.WarnContext(ctx, "files are not watched, changes are seen on schedule only", "error", err)
		<-ctx.Done()
		return ctx.Err()
	}
	defer k.watch.close()
	changed := map[string]bool{}
	settled := time.NewTimer(0)
	defer settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event := <-notify.Events:
			if !event.Has(fsnotify.Chmod) {
				k.watch.locationsOf(event.Name, changed)
				settled.Reset(quiet)
			}
		case err := <-notify.Errors:
			k.opts.Logger.WarnContext(ctx, "a change of files was missed, it is seen on schedule", "error", err)
		case <-settled.C:
			k.rereadChanged(ctx, changed)
			clear(changed)
		}
	}
}

func (k *Keeper) rereadChanged(ctx context.Context, changed map[string]bool) {
	for _, id := range sortedKeys(changed) {
		if _, err := k.refresh(ctx, id); err != nil && ctx.Err() == nil {
			k.opts.Logger.WarnContext(ctx, "a location could not be read again", "location", id, "error", err)
		}
	}
}
