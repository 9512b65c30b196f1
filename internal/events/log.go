package events

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
)

// Log is the event log of one database, as one process sees it. It is safe for concurrent use.
type Log struct {
	pool     *pgxpool.Pool
	settings Settings

	// The readers live until Close; they are made when somebody first subscribes to their topic.
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	mu      sync.Mutex
	readers map[string]*reader
	closed  bool
}

// Open makes a log on a database in which [Migrations] were applied. The caller closes it. Subscriptions work without
// [Log.Run] in this process, as long as it runs in some process.
func Open(pool *pgxpool.Pool, settings Settings) *Log {
	ctx, cancel := context.WithCancel(context.Background())
	return &Log{
		pool: pool, settings: settings.withDefaults(), ctx: ctx, cancel: cancel, readers: map[string]*reader{},
	}
}

// Close ends all subscriptions and waits for the readers.
func (l *Log) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.running.Wait()
}

// Head gives the cursor after the topic's last event: read it before a list, and subscribe after the list with it.
func (l *Log) Head(ctx context.Context, topic string) (Cursor, error) {
	page, err := readPage(ctx, l.pool, pageQuery{topic: topic, after: unreachable})
	if err != nil {
		return Cursor{}, postgres.Fault("events.Head", err)
	}
	return Cursor{epoch: page.epoch, position: page.position}, nil
}

// Start gives the cursor where a client's subscription begins: after the cursor that the client sent, or at the head
// when it sent none. A malformed one is an invalid fault with code CURSOR_INVALID.
func (l *Log) Start(ctx context.Context, topic string, after *string) (Cursor, error) {
	if after == nil {
		return l.Head(ctx, topic)
	}
	return ParseCursor(*after)
}

const (
	unsettledSQL = `SELECT EXISTS (SELECT FROM events.outbox WHERE id = ANY ($1::bigint[]))`
	headSQL      = `SELECT epoch, position FROM events.head`
)

// Settled waits until the events of a committed transaction have cursors, and gives a cursor that is not before any
// of them.
func (l *Log) Settled(ctx context.Context, receipt Receipt) (Cursor, error) {
	const op = "events.Settled"
	err := l.until(ctx, func() (bool, error) {
		var waiting bool
		err := l.pool.QueryRow(ctx, unsettledSQL, receipt.ids).Scan(&waiting)
		return !waiting, err
	})
	if err != nil {
		return Cursor{}, postgres.Fault(op, err)
	}
	var epoch, position int64
	if err := l.pool.QueryRow(ctx, headSQL).Scan(&epoch, &position); err != nil {
		return Cursor{}, postgres.Fault(op, err)
	}
	return Cursor{epoch: uint32(epoch), position: position}, nil
}

// until asks again and again, less and less often, until the answer is yes.
func (l *Log) until(ctx context.Context, done func() (bool, error)) error {
	wait := 2 * time.Millisecond
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
		wait = min(wait*2, l.settings.Poll/4)
	}
}

// pause waits, or gives the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// errClosed ends the subscriptions of a closed log.
var errClosed = fault.Unavailable("events.Next", errors.New("the event log was closed"))

// readerOf gives the reader of a topic, and starts it when it is the first time.
func (l *Log) readerOf(topic string) (*reader, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	r, ok := l.readers[topic]
	if !ok {
		r = newReader(l, topic)
		l.readers[topic] = r
		l.running.Go(func() { r.run(l.ctx) })
	}
	return r, nil
}
