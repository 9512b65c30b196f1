package events

import (
	"context"

	"devportal.internal/internal/postgres"
)

// A consumer has everything up to a cursor when it has passed it, or has passed the topic's last event. Without names,
// all consumers count that showed signs of life lately.
const (
	behindSQL = `
		WITH wanted AS (
			SELECT unnest($3::text[]) AS name
			UNION SELECT name FROM events.consumers
			WHERE topic = $1 AND cardinality($3::text[]) = 0 AND seen_at > now() - $4::interval
		)
		SELECT count(*) FROM wanted
		LEFT JOIN events.consumers c ON c.topic = $1 AND c.name = wanted.name
		LEFT JOIN events.topics t ON t.topic = $1
		WHERE coalesce(c.position, -1) < least($2::bigint, coalesce(t.position, 0))`
	waitingSQL = `SELECT EXISTS (SELECT FROM events.outbox WHERE topic = $1)`
)

// WaitFor waits until the consumers of a topic have applied everything up to the cursor. Without names, it waits for
// all that showed signs of life lately. A change that restricts access counts as done only then.
func (l *Log) WaitFor(ctx context.Context, topic string, cursor Cursor, consumers ...string) error {
	err := l.until(ctx, func() (bool, error) { return l.reached(ctx, topic, cursor.position, consumers) })
	return postgres.Fault("events.WaitFor", err)
}

// WaitApplied waits until the consumers have applied the events of a committed transaction.
func (l *Log) WaitApplied(ctx context.Context, topic string, receipt Receipt, consumers ...string) error {
	cursor, err := l.Settled(ctx, receipt)
	if err != nil {
		return err
	}
	return l.WaitFor(ctx, topic, cursor, consumers...)
}

// CaughtUp reports whether the consumers have applied every event of the topic that is committed by now.
func (l *Log) CaughtUp(ctx context.Context, topic string, consumers ...string) (bool, error) {
	const op = "events.CaughtUp"
	var waiting bool
	if err := l.pool.QueryRow(ctx, waitingSQL, topic).Scan(&waiting); err != nil || waiting {
		return false, postgres.Fault(op, err)
	}
	ok, err := l.reached(ctx, topic, unreachable, consumers)
	return ok, postgres.Fault(op, err)
}

func (l *Log) reached(ctx context.Context, topic string, position int64, consumers []string) (bool, error) {
	if consumers == nil {
		consumers = []string{}
	}
	var behind int
	err := l.pool.QueryRow(ctx, behindSQL, topic, position, consumers, l.settings.Absence).Scan(&behind)
	return behind == 0, err
}
