package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// streamLength is about how many messages a stream keeps: what is older is read from PostgreSQL.
	streamLength = 10_000
	// streamPayload is the largest payload that goes through Redis, in bytes. The message of a larger one says only
	// that it is there, and readers fetch it from PostgreSQL.
	streamPayload = 64 << 10
)

// The fields of a message. Its id is "<position>-0", so that Redis itself refuses one that comes again or too late.
const (
	fieldPrevious = "previous"
	fieldKey      = "key"
	fieldType     = "type"
	fieldRemoval  = "removal"
	fieldTime     = "time"
	fieldPayload  = "payload"
)

// streamName has the epoch in it: a Redis that once served another database does no harm.
func streamName(epoch uint32, topic string) string {
	return fmt.Sprintf("portal:events:%08x:%s", epoch, topic)
}

func messageID(position int64) string { return strconv.FormatInt(position, 10) + "-0" }

// encodeMessage makes the message of an event.
func encodeMessage(l link) *redis.XAddArgs {
	values := []any{
		fieldPrevious, strconv.FormatInt(l.previous, 10),
		fieldKey, l.Key, fieldType, l.Type, fieldRemoval, strconv.FormatBool(l.Removal),
		fieldTime, l.Time.UTC().Format(time.RFC3339Nano),
	}
	if len(l.Payload) <= streamPayload {
		values = append(values, fieldPayload, []byte(l.Payload))
	}
	return &redis.XAddArgs{
		Stream: streamName(l.Cursor.epoch, l.Topic), ID: messageID(l.Cursor.position),
		MaxLen: streamLength, Approx: true, Values: values,
	}
}

// decodeMessage reads a message. One without a payload gives a link whose Payload is nil.
func decodeMessage(epoch uint32, topic string, m redis.XMessage) (link, error) {
	text := func(field string) string { s, _ := m.Values[field].(string); return s }
	milliseconds, _, _ := strings.Cut(m.ID, "-")
	position, err1 := strconv.ParseInt(milliseconds, 10, 64)
	previous, err2 := strconv.ParseInt(text(fieldPrevious), 10, 64)
	removal, err3 := strconv.ParseBool(text(fieldRemoval))
	at, err4 := time.Parse(time.RFC3339Nano, text(fieldTime))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return link{}, fmt.Errorf("read message %s of the stream: %w", m.ID, err)
	}
	event := &Event{
		Cursor: Cursor{epoch: epoch, position: position},
		Topic:  topic, Key: text(fieldKey), Type: text(fieldType), Removal: removal, Time: at,
	}
	if payload, ok := m.Values[fieldPayload].(string); ok {
		event.Payload = json.RawMessage(payload)
	}
	return link{Event: event, previous: previous}, nil
}

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
	return addMessages(ctx, p.log.settings.Redis, links)
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
