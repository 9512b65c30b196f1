package ingest

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/catalog"
)

// Store keeps locations and what was read from them.
type Store interface {
	catalog.LocationReader
	FetchStore
	AddLocation(ctx context.Context, l catalog.Location) (id string, err error)
	Configure(ctx context.Context, l catalog.Location) (*catalog.Location, error)
	NotConfigured(ctx context.Context, configured []string) ([]*catalog.Location, error)
	RemoveLocation(ctx context.Context, id string) (events.Receipt, error)
	Apply(ctx context.Context, reading catalog.Reading, orphanPolicy string) (events.Receipt, error)
}

// Waiter waits until those who follow the catalog have applied a change.
type Waiter interface {
	WaitApplied(ctx context.Context, topic string, receipt events.Receipt, consumers ...string) error
}

// Options say what to read. Store is required.
type Options struct {
	Store Store
	// Waiter, when set, is asked before a mutation counts as done.
	Waiter Waiter
	// Roots are the folders that files may be read from.
	Roots []string
	// URLs reads URLs; nil means that there are no locations of that type.
	URLs URLReader
	// Locations are those of the settings, in the order in which they claim refs.
	Locations []catalog.Location
	// RegisteredKinds are the kinds that registered locations may bring; none means Component, API and Location.
	RegisteredKinds []string
	// OrphanPolicy says what becomes of entities that no location emits any more; "" means that they are deleted.
	OrphanPolicy string
	// Logger is told what goes wrong in the background; nil means [slog.Default].
	Logger *slog.Logger
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// Keeper reads locations: at the start, when they are registered, on a schedule, when a file changes, when asked.
type Keeper struct {
	opts   Options
	files  *fileSource
	reader *reader
	watch  *watch
}

const (
	// parallelReads is how many locations are read at once.
	parallelReads = 4
	// projectionWait is how long a mutation waits for those who follow the catalog.
	projectionWait = 10 * time.Second
)

// CodeProjectionsBehind is the code of the fault that a mutation gives whose change is stored, but not yet known
// everywhere.
const CodeProjectionsBehind = "PROJECTIONS_BEHIND"

// New makes a keeper and opens the roots. Close it when it is no longer used.
func New(opts Options) (*Keeper, error) {
	files, err := newFileSource(opts.Roots)
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	sources := map[string]source{catalog.LocationFile: files}
	if opts.URLs != nil {
		sources[catalog.LocationURL] = &urlSource{client: opts.URLs, store: opts.Store}
	}
	k := &Keeper{opts: opts, files: files, reader: &reader{sources: sources, now: opts.Now}}
	k.watch = newWatch(opts.Logger)
	return k, nil
}

func (o Options) withDefaults() Options {
	if len(o.RegisteredKinds) == 0 {
		o.RegisteredKinds = []string{"component", "api", "location"}
	}
	if o.OrphanPolicy == "" {
		o.OrphanPolicy = catalog.OrphansDeleted
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Close lets go of the roots.
func (k *Keeper) Close() error { return k.files.close() }

// Begin brings the stored locations in line with the settings, then reads every location for the first time.
func (k *Keeper) Begin(ctx context.Context) error {
	var ids []string
	for _, location := range k.opts.Locations {
		normalised, err := k.normalise(location)
		if err != nil {
			return fault.In("ingest.Begin", err)
		}
		stored, err := k.opts.Store.Configure(ctx, normalised)
		if err != nil {
			return err
		}
		ids = append(ids, stored.ID)
	}
	gone, err := k.opts.Store.NotConfigured(ctx, ids)
	if err != nil {
		return err
	}
	for _, location := range gone {
		if _, err := k.opts.Store.RemoveLocation(ctx, location.ID); err != nil {
			return err
		}
	}
	return k.ReadAll(ctx)
}

// ReadAll reads every location again. Reading goes on side by side; what was read is applied in the order in which the
// locations came, so that the first to claim a ref is always the same.
func (k *Keeper) ReadAll(ctx context.Context) error {
	after := ""
	for {
		page, err := k.opts.Store.ListLocations(ctx, catalog.Slice{After: after, Limit: 100})
		if err != nil || len(page) == 0 {
			return err
		}
		if err := k.readSome(ctx, page); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

func (k *Keeper) readSome(ctx context.Context, locations []*catalog.Location) error {
	readings := make([]catalog.Reading, len(locations))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallelReads)
	for i, location := range locations {
		group.Go(func() (err error) {
			readings[i], err = k.read(groupCtx, *location)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, reading := range readings {
		if _, err := k.opts.Store.Apply(ctx, reading, k.opts.OrphanPolicy); err != nil {
			return err
		}
	}
	return nil
}

// read reads a location, and has its files watched.
func (k *Keeper) read(ctx context.Context, location catalog.Location) (catalog.Reading, error) {
	reading, trail, err := k.reader.read(ctx, location)
	if err == nil && location.ID != "" {
		k.watch.cover(location.ID, trail)
	}
	return reading, err
}

// refresh reads a stored location again.
func (k *Keeper) refresh(ctx context.Context, id string) (events.Receipt, error) {
	locations, err := k.opts.Store.Locations(ctx, []string{id})
	if err != nil || locations[id] == nil {
		return events.Receipt{}, err
	}
	reading, err := k.read(ctx, *locations[id])
	if err != nil {
		return events.Receipt{}, err
	}
	return k.opts.Store.Apply(ctx, reading, k.opts.OrphanPolicy)
}

func (k *Keeper) normalise(l catalog.Location) (catalog.Location, error) {
	files, ok := k.reader.sources[l.Type]
	if !ok {
		return l, fault.Invalid("ingest.normalise", "a location is of type file or url, not %q", shorten(l.Type)).
			WithCode(CodeTypeUnknown).At("input", "type")
	}
	target, err := files.normalise(l.Target)
	l.Target = target
	for i, kind := range l.AllowedKinds {
		l.AllowedKinds[i] = lower(kind)
	}
	return l, err
}

// settled waits until the change is known everywhere.
func (k *Keeper) settled(ctx context.Context, receipt events.Receipt) error {
	if k.opts.Waiter == nil {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, projectionWait)
	defer cancel()
	if err := k.opts.Waiter.WaitApplied(waiting, entityindex.Topic, receipt); err != nil {
		return fault.Unavailable("ingest.settled", err).WithCode(CodeProjectionsBehind).
			WithMessage("the change is stored, but not yet known in every part of the portal")
	}
	return nil
}
