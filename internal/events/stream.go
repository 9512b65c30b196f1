package events

import (
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

// positionOf reads the position from a message's id; -1 when the id is not one of ours.
func positionOf(m redis.XMessage) int64 {
	milliseconds, _, _ := strings.Cut(m.ID, "-")
	position, err := strconv.ParseInt(milliseconds, 10, 64)
	if err != nil {
		return -1
	}
	return position
}

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
	previous, err1 := strconv.ParseInt(text(fieldPrevious), 10, 64)
	removal, err2 := strconv.ParseBool(text(fieldRemoval))
	at, err3 := time.Parse(time.RFC3339Nano, text(fieldTime))
	if err := errors.Join(err1, err2, err3); err != nil {
		return link{}, fmt.Errorf("read message %s of the stream: %w", m.ID, err)
	}
	event := &Event{
		Cursor: Cursor{epoch: epoch, position: positionOf(m)},
		Topic:  topic, Key: text(fieldKey), Type: text(fieldType), Removal: removal, Time: at,
	}
	if payload, ok := m.Values[fieldPayload].(string); ok {
		event.Payload = json.RawMessage(payload)
	}
	return link{Event: event, previous: previous}, nil
}
