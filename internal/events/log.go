package events

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Receipt says which events a transaction appended. After the commit, [Log.Settled] turns it into a cursor.
type Receipt struct {
	ids []int64
}

// Projection is a durable reader of a topic: something that is derived from its events, in the same database.
type Projection interface {
	// Apply takes the next events, in order. What it writes through tx is committed together with the position.
	Apply(ctx context.Context, tx pgx.Tx, events []Event) error
	// Reset empties the projection: the events follow from the start of the log.
	Reset(ctx context.Context, tx pgx.Tx) error
}

// Retention says how much of a topic is kept. The latest event of each key is kept for ever besides, unless it is a
// removal.
type Retention struct {
	// Count is how many events are kept at least.
	Count int64
	// Age is how long an event is kept at least.
	Age time.Duration
}
