package events

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Bounds of one page of the log.
const (
	pageRows  = 256
	pageBytes = 1 << 20
)

// unreachable is a position after which there is nothing: for queries that only want to know where the log is.
const unreachable = math.MaxInt64

// One statement, hence one snapshot: the events agree with the position and the horizon that are read with them.
const (
	pageSQL = `
		SELECT h.epoch, h.position, coalesce(t.position, 0), coalesce(t.horizon, 0),
		       l.position, l.key, l.type, l.removal, l.payload, l.appended_at
		FROM events.head h
		LEFT JOIN events.topics t ON t.topic = $1
		LEFT JOIN LATERAL (
			SELECT * FROM events.log
			WHERE topic = $1 AND position > $2 AND ($3::text[] IS NULL OR type = ANY ($3))
			ORDER BY position LIMIT $4
		) l ON TRUE
		ORDER BY l.position`
	pageOfKeysSQL = `
		SELECT h.epoch, h.position, coalesce(t.position, 0), coalesce(t.horizon, 0),
		       l.position, l.key, l.type, l.removal, l.payload, l.appended_at
		FROM events.head h
		LEFT JOIN events.topics t ON t.topic = $1
		LEFT JOIN LATERAL (
			SELECT e.* FROM unnest($5::text[]) AS k (key)
			CROSS JOIN LATERAL (
				SELECT * FROM events.log
				WHERE topic = $1 AND key = k.key AND position > $2 AND ($3::text[] IS NULL OR type = ANY ($3))
				ORDER BY position LIMIT $4
			) e
			ORDER BY e.position LIMIT $4
		) l ON TRUE
		ORDER BY l.position`
)

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// pageQuery asks for the events of a topic after a position.
type pageQuery struct {
	topic  string
	after  int64
	filter Filter
}

// page is what is there: events, and where the log was when they were read.
type page struct {
	epoch  uint32
	events []*Event
	// head is the last position of all topics, position that of this one.
	head, position int64
	horizon        int64
	// through is how far the page goes: there is nothing that the query asks for between the last event and it.
	through int64
	// more says that the page was full.
	more bool
}

func readPage(ctx context.Context, db querier, q pageQuery) (page, error) {
	sql, args := pageSQL, []any{q.topic, q.after, nilIfEmpty(q.filter.Types), pageRows}
	if len(q.filter.Keys) > 0 {
		sql, args = pageOfKeysSQL, append(args, q.filter.Keys)
	}
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return page{}, err
	}
	defer rows.Close()
	var p page
	bytes := 0
	for rows.Next() {
		if p.more = len(p.events) > 0 && bytes > pageBytes; p.more {
			break
		}
		event, err := p.scan(rows, q.topic)
		if err != nil {
			return page{}, err
		}
		if event != nil {
			p.events = append(p.events, event)
			bytes += event.size()
		}
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return page{}, err
	}
	p.more = p.more || len(p.events) == pageRows
	p.through = max(p.position, q.after)
	if p.more {
		p.through = p.events[len(p.events)-1].Cursor.position
	}
	return p, nil
}

// scan reads a row. One that tells only where the log is gives no event.
func (p *page) scan(rows pgx.Rows, topic string) (*Event, error) {
	var (
		epoch    int64
		position *int64
		key      *string
		kind     *string
		removal  *bool
		payload  []byte
		at       *time.Time
	)
	err := rows.Scan(&epoch, &p.head, &p.position, &p.horizon, &position, &key, &kind, &removal, &payload, &at)
	p.epoch = uint32(epoch)
	if err != nil || position == nil {
		return nil, err
	}
	return &Event{
		Cursor: Cursor{epoch: p.epoch, position: *position},
		Topic:  topic, Key: *key, Type: *kind, Removal: *removal, Payload: payload, Time: at.UTC(),
	}, nil
}

func nilIfEmpty(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return values
}
