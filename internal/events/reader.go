package events

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// streamBlock is how long a read of the stream waits: the client does not give up earlier when a log is closed.
	streamBlock = 250 * time.Millisecond
	// streamDoubt is after how many empty reads PostgreSQL is asked whether something went past Redis.
	streamDoubt = 4
	// streamBatch is how many messages one read takes.
	streamBatch = 512
	// redisPause is how many polls of PostgreSQL pass before a Redis that failed is tried again.
	redisPause = 4
)

// reader follows a topic for all subscriptions of the process.
type reader struct {
	log   *Log
	topic string
	// ready is closed once the reader knows where the log is.
	ready chan struct{}
	epoch uint32

	mu            sync.Mutex
	position      int64
	subscriptions map[*Subscription]struct{}
	recent        ring
	// idle counts the reads of the stream that found nothing, one after the other. Only run's goroutine uses it.
	idle int
	// trusted says that the stream was found to tell of this database. Only run's goroutine uses it.
	trusted bool
	// changed is closed, and replaced, whenever the position moves.
	changed chan struct{}
}

func newReader(l *Log, topic string) *reader {
	return &reader{
		log: l, topic: topic, ready: make(chan struct{}),
		subscriptions: map[*Subscription]struct{}{}, changed: make(chan struct{}),
	}
}

// run follows the topic until the context ends, then ends what is still subscribed.
func (r *reader) run(ctx context.Context) {
	defer func() { r.endAll(errClosed) }()
	if !r.begin(ctx) {
		return
	}
	for ctx.Err() == nil {
		err := r.follow(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		r.log.settings.Logger.WarnContext(ctx, "the reader of a topic asks PostgreSQL for a while", "topic", r.topic, "error", err)
		r.pollForAWhile(ctx)
	}
}

// begin finds out where the log is. It reports false when the context ended first.
func (r *reader) begin(ctx context.Context) bool {
	for {
		p, err := readPage(ctx, r.log.pool, pageQuery{topic: r.topic, after: unreachable})
		if err == nil {
			r.mu.Lock()
			r.epoch, r.position, r.recent.floor = p.epoch, p.position, p.position
			r.mu.Unlock()
			close(r.ready)
			return true
		}
		if pause(ctx, r.log.settings.Poll) != nil {
			return false
		}
	}
}

// follow reads once: from Redis where there is one, from PostgreSQL else.
func (r *reader) follow(ctx context.Context) error {
	if r.log.settings.Redis == nil {
		if err := r.fill(ctx); err != nil {
			return err
		}
		return pause(ctx, r.log.settings.Poll)
	}
	if err := r.checkStream(ctx); err != nil {
		return err
	}
	messages, err := r.readStream(ctx)
	if err != nil {
		r.trusted = false
		return err
	}
	if len(messages) > 0 {
		r.idle = 0
		return r.take(ctx, messages)
	}
	if r.idle++; r.idle%streamDoubt != 0 {
		return nil
	}
	return r.fill(ctx)
}

func (r *reader) pollForAWhile(ctx context.Context) {
	for range redisPause {
		if err := r.fill(ctx); err != nil && ctx.Err() == nil {
			r.log.settings.Logger.WarnContext(ctx, "a topic cannot be read for now", "topic", r.topic, "error", err)
		}
		if pause(ctx, r.log.settings.Poll) != nil {
			return
		}
	}
}

// errAhead says that a stream tells of events that PostgreSQL does not have.
var errAhead = errors.New("the stream in Redis is ahead of the database: it was restored, and the relay has not yet noticed")

// checkStream makes sure that the stream tells of this database, and not of what it was before it was restored from a
// backup: since the relay commits before it publishes, a stream is never ahead.
func (r *reader) checkStream(ctx context.Context) error {
	if r.trusted {
		return nil
	}
	last, err := r.log.settings.Redis.XRevRangeN(ctx, streamName(r.epoch, r.topic), "+", "-", 1).Result()
	if err != nil {
		return err
	}
	p, err := readPage(ctx, r.log.pool, pageQuery{topic: r.topic, after: unreachable})
	if err != nil {
		return err
	}
	if len(last) > 0 && positionOf(last[0]) > p.position {
		return errAhead
	}
	r.trusted = true
	return nil
}

func (r *reader) readStream(ctx context.Context) ([]redis.XMessage, error) {
	streams, err := r.log.settings.Redis.XRead(ctx, &redis.XReadArgs{
		Streams: []string{streamName(r.epoch, r.topic), messageID(r.where())},
		Count:   streamBatch, Block: streamBlock,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil || len(streams) == 0 {
		return nil, err
	}
	return streams[0].Messages, nil
}

// take delivers messages. Where one is missing before a message, or its payload is too large for Redis, PostgreSQL has
// what comes next.
func (r *reader) take(ctx context.Context, messages []redis.XMessage) error {
	position := r.where()
	var events []*Event
	for _, m := range messages {
		l, err := decodeMessage(r.epoch, r.topic, m)
		if err != nil {
			return err
		}
		if l.Cursor.position <= position {
			continue
		}
		if l.previous > position || l.Payload == nil {
			r.deliver(events, position)
			return r.fill(ctx)
		}
		events = append(events, l.Event)
		position = l.Cursor.position
	}
	r.deliver(events, position)
	return nil
}

// fill delivers what PostgreSQL has beyond the reader's position.
func (r *reader) fill(ctx context.Context) error {
	for {
		p, err := readPage(ctx, r.log.pool, pageQuery{topic: r.topic, after: r.where()})
		if err != nil {
			return err
		}
		if p.horizon > r.where() {
			r.skipTo(p.horizon)
		}
		r.deliver(p.events, p.through)
		if !p.more {
			return nil
		}
	}
}

// skipTo ends the subscriptions, whose next events are gone, and forgets what cannot be joined to what comes.
func (r *reader) skipTo(horizon int64) {
	r.endAll(expiredCursor("events.Next"))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recent = ring{floor: horizon}
}

func (r *reader) where() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.position
}

// deliver hands events to the subscriptions and moves the position.
func (r *reader) deliver(events []*Event, through int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if through <= r.position {
		return
	}
	for _, e := range events {
		r.recent.add(e)
		for s := range r.subscriptions {
			s.offer(e)
		}
	}
	r.position = through
	close(r.changed)
	r.changed = make(chan struct{})
}

// attach lets a subscription that has seen everything up to position take part from there on. It reports false when the
// reader has already gone on and no longer holds what came between, or holds more than a queue takes.
func (r *reader) attach(s *Subscription, position int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.position > position && position < r.recent.floor {
		return false
	}
	missed := r.recent.after(position)
	if sizeOf(missed) > r.log.settings.QueueBytes/2 {
		return false
	}
	if !s.goLive(position) {
		return true
	}
	for _, e := range missed {
		s.offer(e)
	}
	r.subscriptions[s] = struct{}{}
	return true
}

func sizeOf(events []*Event) (bytes int) {
	for _, e := range events {
		bytes += e.size()
	}
	return bytes
}

func (r *reader) detach(s *Subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.subscriptions, s)
}

// change gives a channel that is closed when the position next moves.
func (r *reader) change() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

func (r *reader) endAll(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.subscriptions {
		s.end(err)
	}
	clear(r.subscriptions)
}
