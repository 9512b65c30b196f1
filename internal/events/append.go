package events

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
)

// wakeChannel is the channel on which a commit wakes the relay.
const wakeChannel = "events_outbox"

// The key's row is locked first, in a statement of its own: the ids that are given next follow those of any earlier
// transaction that appended to the same key.
const (
	lockKeysSQL = `
		INSERT INTO events.keys AS k (topic, key)
		SELECT DISTINCT topic, key FROM unnest($1::text[], $2::text[]) AS e (topic, key) ORDER BY topic, key
		ON CONFLICT (topic, key) DO UPDATE SET topic = k.topic WHERE FALSE`
	appendSQL = `
		INSERT INTO events.outbox (topic, key, type, removal, payload)
		SELECT topic, key, type, removal, payload::jsonb
		FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[])
		     WITH ORDINALITY AS e (topic, key, type, removal, payload, place)
		ORDER BY place
		RETURNING id`
	wakeRelaySQL = `SELECT pg_notify('` + wakeChannel + `', '')`
)

// Receipt says which events a transaction appended. After the commit, [Log.Settled] turns it into a cursor.
type Receipt struct {
	ids []int64
}

// Append writes events inside the transaction that causes them: they happen if, and only if, it commits. Events of one
// key keep the order of the transactions, each of which holds the key until it ends.
func Append(ctx context.Context, tx pgx.Tx, events ...Event) (Receipt, error) {
	const op = "events.Append"
	if len(events) == 0 {
		return Receipt{}, nil
	}
	columns, err := columnsOf(events)
	if err != nil {
		return Receipt{}, err
	}
	batch := &pgx.Batch{}
	batch.Queue(lockKeysSQL, columns.topics, columns.keys)
	var ids []int64
	batch.Queue(appendSQL, columns.topics, columns.keys, columns.types, columns.removals, columns.payloads).
		Query(func(rows pgx.Rows) (err error) {
			ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			return err
		})
	batch.Queue(wakeRelaySQL)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return Receipt{}, postgres.Fault(op, err)
	}
	return Receipt{ids: ids}, nil
}

// And joins the receipts of one transaction.
func (r Receipt) And(other Receipt) Receipt {
	return Receipt{ids: slices.Concat(r.ids, other.ids)}
}

// columns are events turned by ninety degrees, as unnest wants them.
type columns struct {
	topics, keys, types, payloads []string
	removals                      []bool
}

func columnsOf(events []Event) (columns, error) {
	var c columns
	for _, e := range events {
		if err := e.validate(); err != nil {
			return columns{}, err
		}
		payload := string(e.Payload)
		if payload == "" {
			payload = "null"
		}
		c.topics = append(c.topics, e.Topic)
		c.keys = append(c.keys, e.Key)
		c.types = append(c.types, e.Type)
		c.removals = append(c.removals, e.Removal)
		c.payloads = append(c.payloads, payload)
	}
	return c, nil
}
