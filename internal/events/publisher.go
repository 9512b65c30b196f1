package events

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisTimeout bounds what Redis may hold up.
const redisTimeout = time.Second

// publisher tells Redis what the relay moved. It never holds up the relay for long, and what it fails to tell, readers
// find in PostgreSQL.
type publisher struct {
	log *Log
	// behind says that Redis may lack events: after a start, and after an error.
	behind bool
	// after is when Redis is tried again.
	after time.Time
}

func newPublisher(l *Log) *publisher { return &publisher{log: l, behind: true} }

func (p *publisher) publish(ctx context.Context, links []link) {
	if p.log.settings.Redis == nil || (len(links) == 0 && !p.behind) || time.Now().Before(p.after) {
		p.behind = p.behind || len(links) > 0
		return
	}
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	err := p.send(ctx, links)
	p.behind = err != nil
	if err != nil && ctx.Err() != context.Canceled {
		p.after = time.Now().Add(2 * redisTimeout)
		p.log.settings.Logger.WarnContext(ctx, "Redis does not take events; readers ask PostgreSQL", "error", err)
	}
}

// send adds the messages in one round trip. After a start or an error it first adds what Redis lacks.
func (p *publisher) send(ctx context.Context, links []link) error {
	if p.behind {
		return p.catchUp(ctx)
	}
	return addMessages(ctx, p.log.settings.Redis, links)
}

// recentSQL gives the latest events of each topic, each with a position that a reader must have reached to take it: that
// of the event before it, and nothing before the horizon, where events may be missing.
const recentSQL = `
	SELECT h.epoch, t.topic, l.position, l.key, l.type, l.removal, l.payload, l.appended_at,
	       greatest(t.horizon, coalesce(lag(l.position) OVER (PARTITION BY t.topic ORDER BY l.position), l.position - 1))
	FROM events.head h CROSS JOIN events.topics t CROSS JOIN LATERAL (
		SELECT * FROM events.log WHERE topic = t.topic ORDER BY position DESC LIMIT 200
	) l
	ORDER BY l.position`

// catchUp adds the latest events again: Redis refuses those that it has.
func (p *publisher) catchUp(ctx context.Context) error {
	rows, err := p.log.pool.Query(ctx, recentSQL)
	if err != nil {
		return err
	}
	defer rows.Close()
	var links []link
	for rows.Next() {
		l := link{Event: &Event{}}
		var epoch int64
		var payload []byte
		err := rows.Scan(&epoch, &l.Topic, &l.Cursor.position, &l.Key, &l.Type, &l.Removal, &payload, &l.Time, &l.previous)
		if err != nil {
			return err
		}
		l.Cursor.epoch, l.Payload = uint32(epoch), payload
		links = append(links, l)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := dropImpossible(ctx, p.log.settings.Redis, links); err != nil {
		return err
	}
	return addMessages(ctx, p.log.settings.Redis, links)
}

// dropImpossible drops a stream that is ahead of its topic: the database was restored from a backup, and what the
// stream tells beyond it never happened.
func dropImpossible(ctx context.Context, client redis.UniversalClient, links []link) error {
	last := map[string]int64{}
	for _, l := range links {
		last[streamName(l.Cursor.epoch, l.Topic)] = l.Cursor.position
	}
	for stream, position := range last {
		beyond, err := client.XRangeN(ctx, stream, messageID(position+1), "+", 1).Result()
		if err != nil {
			return err
		}
		if len(beyond) == 0 {
			continue
		}
		if err := client.Del(ctx, stream).Err(); err != nil {
			return err
		}
	}
	return nil
}

func addMessages(ctx context.Context, client redis.UniversalClient, links []link) error {
	if len(links) == 0 {
		return client.Ping(ctx).Err()
	}
	replies, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, l := range links {
			pipe.XAdd(ctx, encodeMessage(l))
		}
		return nil
	})
	if err == nil || len(replies) == 0 {
		return err
	}
	for _, reply := range replies {
		if err := reply.Err(); err != nil && !isAlreadyThere(err) {
			return err
		}
	}
	return nil
}

// isAlreadyThere reports whether Redis refused a message because it has it or a later one.
func isAlreadyThere(err error) bool {
	return strings.Contains(err.Error(), "equal or smaller than the target stream top item")
}
