package events

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
)

// The statements of one sweep of a topic. cutoffSQL gives the last position that need not be kept: beyond the count or
// the age, and seen by every living consumer.
const (
	topicsSQL = `SELECT topic FROM events.topics ORDER BY topic`
	cutoffSQL = `
		SELECT t.horizon, least(
			greatest(
				coalesce((SELECT position FROM events.log WHERE topic = $1 ORDER BY position DESC OFFSET $2 LIMIT 1), 0),
				coalesce((SELECT max(position) FROM events.log
				          WHERE topic = $1 AND position > t.horizon AND appended_at < now() - $3::interval), 0)
			),
			coalesce((SELECT min(position) FROM events.consumers
			          WHERE topic = $1 AND seen_at > now() - $4::interval), t.position)
		)
		FROM events.topics t WHERE topic = $1`
	compactSQL = `
		WITH gone AS (
			DELETE FROM events.log AS old
			WHERE topic = $1 AND position <= $2 AND (removal OR EXISTS (
				SELECT FROM events.log AS newer
				WHERE newer.topic = $1 AND newer.key = old.key AND newer.position > old.position
			))
			RETURNING position
		)
		SELECT coalesce(max(position), 0) FROM gone`
	setHorizonSQL = `UPDATE events.topics SET horizon = $2 WHERE topic = $1`
	forgetKeysSQL = `
		DELETE FROM events.keys WHERE (topic, key) IN (
			SELECT topic, key FROM events.keys AS k
			WHERE topic = $1
			  AND NOT EXISTS (SELECT FROM events.log WHERE topic = $1 AND key = k.key)
			  AND NOT EXISTS (SELECT FROM events.outbox WHERE topic = $1 AND key = k.key)
			LIMIT 10000 FOR UPDATE SKIP LOCKED
		)`
)

// Sweep applies retention and compaction to every topic once. The relay does so by itself.
func (l *Log) Sweep(ctx context.Context) error {
	rows, err := l.pool.Query(ctx, topicsSQL)
	if err != nil {
		return postgres.Fault("events.Sweep", err)
	}
	topics, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return postgres.Fault("events.Sweep", err)
	}
	for _, topic := range topics {
		if err := l.sweep(ctx, topic); err != nil {
			return postgres.Fault("events.Sweep", err)
		}
	}
	return nil
}

func (l *Log) sweep(ctx context.Context, topic string) error {
	keep := l.settings.retentionOf(topic)
	return pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		var horizon, cutoff int64
		err := tx.QueryRow(ctx, cutoffSQL, topic, keep.Count, keep.Age, l.settings.Absence).Scan(&horizon, &cutoff)
		if err != nil || cutoff <= horizon {
			return err
		}
		var gone int64
		if err := tx.QueryRow(ctx, compactSQL, topic, cutoff).Scan(&gone); err != nil || gone <= horizon {
			return err
		}
		if _, err := tx.Exec(ctx, forgetKeysSQL, topic); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, setHorizonSQL, topic, gone)
		return err
	})
}

// sweepAll sweeps now and then until the context ends.
func (l *Log) sweepAll(ctx context.Context) {
	for pause(ctx, l.settings.Sweep) == nil {
		if err := l.Sweep(ctx); err != nil && ctx.Err() == nil {
			l.settings.Logger.WarnContext(ctx, "retention of events was not applied and is tried again", "error", err)
		}
	}
}
