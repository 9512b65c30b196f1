package events

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
)

// Projection is what is derived from the events of a topic, in the same database.
type Projection interface {
	// Apply takes the next events, in order. What it writes through tx is committed together with the position.
	Apply(ctx context.Context, tx pgx.Tx, events []Event) error
	// Reset empties the projection: the events follow from the start of the log.
	Reset(ctx context.Context, tx pgx.Tx) error
}

// Consumer keeps a projection up to date. Each event has its effect exactly once: the position is stored in the
// transaction that applies it.
type Consumer struct {
	log        *Log
	name       string
	topic      string
	projection Projection
	registered atomic.Bool
}

// Consumer makes the consumer of that name, which is stable, and unique within the topic: "docs".
func (l *Log) Consumer(name, topic string, projection Projection) *Consumer {
	return &Consumer{log: l, name: name, topic: topic, projection: projection}
}

// consumerIdle is how many polls pass before a consumer that nothing woke looks by itself.
const consumerIdle = 4

// heartbeat is how often a consumer without work says that it is alive.
const heartbeat = time.Minute

const (
	registerSQL = `INSERT INTO events.consumers (topic, name) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	hasWorkSQL  = `
		SELECT coalesce(c.position < t.position, FALSE) OR c.seen_at < now() - $3::interval
		FROM events.consumers c LEFT JOIN events.topics t ON t.topic = c.topic
		WHERE c.topic = $1 AND c.name = $2`
	lockSQL = `
		SELECT position, horizon, seen_at < now() - $3::interval FROM events.consumers
		WHERE topic = $1 AND name = $2 FOR UPDATE SKIP LOCKED`
	saveSQL = `
		UPDATE events.consumers SET position = $3, horizon = $4, seen_at = now() WHERE topic = $1 AND name = $2`
)

// Run applies events as they come, until the context ends. Any number of processes may run the consumer of one name:
// one at a time works. An error of the projection is logged, and the same events come again after a while: none is
// skipped. Run's error is the context's.
func (c *Consumer) Run(ctx context.Context) error {
	r, err := c.log.readerOf(c.topic)
	if err != nil {
		return err
	}
	for {
		changed := r.change()
		more, err := c.step(ctx)
		wait := consumerIdle * c.log.settings.Poll
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			c.log.settings.Logger.ErrorContext(ctx, "a projection was not brought up to date and is tried again",
				"consumer", c.name, "topic", c.topic, "error", err)
			changed, wait = nil, 2*c.log.settings.Poll
		case more:
			continue
		}
		if err := awaitChange(ctx, changed, wait); err != nil {
			return err
		}
	}
}

func awaitChange(ctx context.Context, changed <-chan struct{}, atMost time.Duration) error {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	case <-timer.C:
	}
	return nil
}

// CatchUp applies what the log has by now, and returns: for the start of a process, and for tests.
func (c *Consumer) CatchUp(ctx context.Context) error {
	for {
		more, err := c.step(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// step applies one page. It reports whether there is more to do at once.
func (c *Consumer) step(ctx context.Context) (more bool, err error) {
	if err := c.register(ctx); err != nil {
		return false, postgres.Fault("events.Consumer", err)
	}
	var work bool
	err = c.log.pool.QueryRow(ctx, hasWorkSQL, c.topic, c.name, heartbeat).Scan(&work)
	if err != nil || !work {
		return false, postgres.Fault("events.Consumer", err)
	}
	err = pgx.BeginFunc(ctx, c.log.pool, func(tx pgx.Tx) error {
		more, err = c.stepIn(ctx, tx)
		return err
	})
	return more, postgres.Fault("events.Consumer", err)
}

// register makes the consumer known, so that retention respects it.
func (c *Consumer) register(ctx context.Context) error {
	if c.registered.Load() {
		return nil
	}
	_, err := c.log.pool.Exec(ctx, registerSQL, c.topic, c.name)
	c.registered.Store(err == nil)
	return err
}

// progress is how far a consumer has come.
type progress struct {
	position, horizon int64
	silent            bool
}

func (c *Consumer) stepIn(ctx context.Context, tx pgx.Tx) (more bool, err error) {
	var at progress
	err = tx.QueryRow(ctx, lockSQL, c.topic, c.name, heartbeat).Scan(&at.position, &at.horizon, &at.silent)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil // another process is at it
	}
	if err != nil {
		return false, err
	}
	p, err := readPage(ctx, tx, pageQuery{topic: c.topic, after: at.position})
	if err != nil {
		return false, err
	}
	if at.position < p.horizon && at.horizon != p.horizon {
		return true, c.restart(ctx, tx, p.horizon)
	}
	return p.more, c.apply(ctx, tx, at, p)
}

// restart begins again from the start of the log: events that the projection has not seen are gone.
func (c *Consumer) restart(ctx context.Context, tx pgx.Tx, horizon int64) error {
	if err := c.projection.Reset(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, saveSQL, c.topic, c.name, 0, horizon)
	return err
}

func (c *Consumer) apply(ctx context.Context, tx pgx.Tx, at progress, p page) error {
	if len(p.events) > 0 {
		if err := c.projection.Apply(ctx, tx, values(p.events)); err != nil {
			return err
		}
	}
	if p.through == at.position && !at.silent {
		return nil
	}
	_, err := tx.Exec(ctx, saveSQL, c.topic, c.name, p.through, at.horizon)
	return err
}

func values(events []*Event) []Event {
	out := make([]Event, len(events))
	for i, e := range events {
		out[i] = *e
	}
	return out
}
