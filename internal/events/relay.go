package events

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
)

// relayRows bounds how many events get their cursors in one transaction.
const relayRows = 1000

// The statements of one move. The head's row is locked first, so that moves follow one another even if two processes
// should ever believe that they are the relay; each later statement sees all that was committed before it.
const (
	pendingSQL  = `SELECT EXISTS (SELECT FROM events.outbox)`
	lockHeadSQL = `SELECT epoch, position FROM events.head FOR UPDATE`
	moveSQL     = `
		WITH taken AS (
			DELETE FROM events.outbox
			WHERE id IN (SELECT id FROM events.outbox ORDER BY id LIMIT $1)
			RETURNING *
		)
		INSERT INTO events.log (topic, position, key, type, removal, payload, appended_at)
		SELECT topic, $2 + row_number() OVER (ORDER BY id), key, type, removal, payload, appended_at FROM taken
		RETURNING topic, position, key, type, removal, payload, appended_at`
	positionsSQL = `SELECT topic, position FROM events.topics WHERE topic = ANY ($1::text[])`
	setTopicsSQL = `
		INSERT INTO events.topics AS t (topic, position)
		SELECT * FROM unnest($1::text[], $2::bigint[])
		ON CONFLICT (topic) DO UPDATE SET position = excluded.position`
	setHeadSQL = `UPDATE events.head SET position = $1`
	listenSQL  = `LISTEN ` + wakeChannel
)

// relay moves events from the outbox to the log, and tells Redis.
type relay struct {
	log       *Log
	conn      *pgx.Conn
	publisher *publisher
}

func newRelay(l *Log, conn *pgx.Conn) *relay {
	return &relay{log: l, conn: conn, publisher: newPublisher(l)}
}

func (r *relay) run(ctx context.Context) error {
	if _, err := r.conn.Exec(ctx, listenSQL); err != nil {
		return err
	}
	for {
		moved, err := r.move(ctx)
		if err != nil {
			return err
		}
		r.publisher.publish(ctx, moved)
		if len(moved) == relayRows {
			continue
		}
		if err := r.awaitCommit(ctx); err != nil {
			return err
		}
	}
}

// awaitCommit waits until a commit wakes the relay, or for a while: a notification can be lost with a connection.
func (r *relay) awaitCommit(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, r.log.settings.Poll)
	defer cancel()
	_, err := r.conn.WaitForNotification(waiting)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	return err
}

// link is an event of the log together with the position of the one before it in its topic.
type link struct {
	*Event
	previous int64
}

// move gives cursors to the oldest events of the outbox, in the order in which they were appended among those that are
// committed by now.
func (r *relay) move(ctx context.Context) (moved []link, err error) {
	var pending bool
	if err := r.conn.QueryRow(ctx, pendingSQL).Scan(&pending); err != nil || !pending {
		return nil, err
	}
	err = pgx.BeginFunc(ctx, r.conn, func(tx pgx.Tx) error {
		var epoch, head int64
		if err := tx.QueryRow(ctx, lockHeadSQL).Scan(&epoch, &head); err != nil {
			return err
		}
		events, err := takeOutbox(ctx, tx, uint32(epoch), head)
		if err != nil || len(events) == 0 {
			return err
		}
		moved, err = r.advance(ctx, tx, events)
		return err
	})
	return moved, err
}

func takeOutbox(ctx context.Context, tx pgx.Tx, epoch uint32, head int64) ([]*Event, error) {
	rows, err := tx.Query(ctx, moveSQL, relayRows, head)
	if err != nil {
		return nil, err
	}
	events, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Event, error) {
		e := &Event{Cursor: Cursor{epoch: epoch}}
		var payload []byte
		err := row.Scan(&e.Topic, &e.Cursor.position, &e.Key, &e.Type, &e.Removal, &payload, &e.Time)
		e.Payload, e.Time = payload, e.Time.UTC()
		return e, err
	})
	slices.SortFunc(events, func(a, b *Event) int { return int(a.Cursor.position - b.Cursor.position) })
	return events, err
}

// advance moves the positions of the topics and of the log, and links each event to the one before it.
func (r *relay) advance(ctx context.Context, tx pgx.Tx, events []*Event) ([]link, error) {
	last, err := positionsOf(ctx, tx, events)
	if err != nil {
		return nil, err
	}
	links := make([]link, len(events))
	for i, e := range events {
		links[i] = link{Event: e, previous: last[e.Topic]}
		last[e.Topic] = e.Cursor.position
	}
	topics, positions := make([]string, 0, len(last)), make([]int64, 0, len(last))
	for topic, position := range last {
		topics, positions = append(topics, topic), append(positions, position)
	}
	if _, err := tx.Exec(ctx, setTopicsSQL, topics, positions); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, setHeadSQL, events[len(events)-1].Cursor.position)
	return links, err
}

// positionsOf gives the last position of each topic of the events, before these.
func positionsOf(ctx context.Context, tx pgx.Tx, events []*Event) (map[string]int64, error) {
	last := map[string]int64{}
	var topics []string
	for _, e := range events {
		if _, ok := last[e.Topic]; !ok {
			last[e.Topic] = 0
			topics = append(topics, e.Topic)
		}
	}
	rows, err := tx.Query(ctx, positionsSQL, topics)
	if err != nil {
		return nil, err
	}
	var topic string
	var position int64
	_, err = pgx.ForEachRow(rows, []any{&topic, &position}, func() error {
		last[topic] = position
		return nil
	})
	return last, err
}
