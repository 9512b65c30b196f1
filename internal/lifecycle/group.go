package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// What a part is given where it says nothing.
const (
	defaultStartTimeout = 2 * time.Minute
	defaultStopTimeout  = 10 * time.Second
	// slowStart is after how long a part that still starts says so.
	slowStart = 300 * time.Millisecond
)

// Part is something that a process starts and stops: a server, a pool, a loop. Only Name is required.
type Part struct {
	// Name says what it is, for people: "PostgreSQL", "catalog ingestion".
	Name string
	// Start returns once the part works. What it begins must outlive ctx, which ends with the start.
	Start func(ctx context.Context) error
	// Stop ends the part; when ctx is done it must do so by force. It is called only after a Start without error.
	Stop func(ctx context.Context) error
	// Failed, when set, gives a channel on which the part says that it ended by itself. It is asked after Start.
	Failed func() <-chan error
	// StartTimeout and StopTimeout bound the two; 0 means two minutes and ten seconds.
	StartTimeout, StopTimeout time.Duration
}

// Group starts parts in the order in which they were added and stops them in the reverse order. Use one Group once.
type Group struct {
	logger *slog.Logger
	parts  []Part
}

// NewGroup makes an empty group that logs to logger what takes long and what goes wrong in stopping.
func NewGroup(logger *slog.Logger) *Group { return &Group{logger: logger} }

// Add appends a part. It must not be called after Run.
func (g *Group) Add(part Part) { g.parts = append(g.parts, part) }

// Run starts every part, calls ready, waits for ctx to end or a part to fail, and stops what was started. It returns nil
// when ctx ended the run, and otherwise the error of the part that could not start, failed, or did not stop.
func (g *Group) Run(ctx context.Context, ready func()) error {
	started, err := g.startAll(ctx)
	if err == nil {
		ready()
		err = g.wait(ctx, started)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, g.stopAll(context.WithoutCancel(ctx), started))
}

func (g *Group) startAll(ctx context.Context) (started []Part, err error) {
	for _, part := range g.parts {
		if err := ctx.Err(); err != nil {
			return started, err
		}
		if err := g.startOne(ctx, part); err != nil {
			return started, err
		}
		started = append(started, part)
	}
	return started, nil
}

func (g *Group) startOne(ctx context.Context, part Part) error {
	if part.Start == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(part.StartTimeout, defaultStartTimeout))
	defer cancel()
	began := time.Now()
	defer g.announce(ctx, part.Name)()
	if err := part.Start(ctx); err != nil {
		return fmt.Errorf("start %s: %w", part.Name, err)
	}
	g.logger.DebugContext(ctx, "started "+part.Name, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// announce says that a part starts, if it still does so after a while. The returned function ends that.
func (g *Group) announce(ctx context.Context, name string) (stop func()) {
	said := make(chan struct{})
	slow := time.AfterFunc(slowStart, func() {
		defer close(said)
		g.logger.InfoContext(ctx, "starting "+name+"…")
	})
	return func() {
		if !slow.Stop() {
			<-said
		}
	}
}

// wait returns when ctx ends or a part says that it failed; its watchers end before it does.
func (g *Group) wait(ctx context.Context, parts []Part) error {
	ctx, cancel := context.WithCancel(ctx)
	failures := make(chan error)
	watchers := 0
	for _, part := range parts {
		if part.Failed == nil {
			continue
		}
		watchers++
		go func() { failures <- watch(ctx, part) }()
	}
	var first error
	if watchers == 0 {
		<-ctx.Done()
	}
	for range watchers {
		if err := <-failures; err != nil && first == nil {
			first = err
		}
		cancel()
	}
	cancel()
	return first
}

func watch(ctx context.Context, part Part) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-part.Failed():
		if err == nil {
			err = errors.New("it ended by itself")
		}
		return fmt.Errorf("run %s: %w", part.Name, err)
	}
}

func (g *Group) stopAll(ctx context.Context, started []Part) error {
	var failures []error
	for i := len(started) - 1; i >= 0; i-- {
		if err := stopOne(ctx, started[i]); err != nil {
			g.logger.WarnContext(ctx, "stop "+started[i].Name, "error", err)
			failures = append(failures, fmt.Errorf("stop %s: %w", started[i].Name, err))
		}
	}
	return errors.Join(failures...)
}

func stopOne(ctx context.Context, part Part) error {
	if part.Stop == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(part.StopTimeout, defaultStopTimeout))
	defer cancel()
	return part.Stop(ctx)
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return fallback
}

// UntilSignal derives a context that ends with the first SIGINT or SIGTERM. A second signal ends the process at once,
// as if nobody handled it. Call stop when the context is no longer needed.
func UntilSignal(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	// The second signal meets the default handler again.
	release := context.AfterFunc(ctx, cancel)
	return ctx, func() { release(); cancel() }
}
