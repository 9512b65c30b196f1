package events

import (
	"encoding/json"
	"time"

	"devportal.internal/internal/fault"
)

// Limits of one event. Larger ones are refused by [Append].
const (
	MaxTopicBytes   = 128
	MaxKeyBytes     = 1024
	MaxTypeBytes    = 128
	MaxPayloadBytes = 4 << 20
)

// Event is something that happened.
type Event struct {
	// Cursor is the event's place in the log; the log sets it.
	Cursor Cursor
	// Topic is the stream that the event belongs to, for example "catalog".
	Topic string
	// Key is what the event is about. Events of one topic and key keep the order in which they were appended.
	Key string
	// Type says what happened, in the words of the topic.
	Type string
	// Removal says that the key is gone: compaction need not keep this event.
	Removal bool
	// Payload is a JSON value, or empty for null.
	Payload json.RawMessage
	// Time is when the event was appended; the log sets it.
	Time time.Time
}

func (e Event) validate() error {
	const op = "events.Append"
	switch {
	case e.Topic == "" || len(e.Topic) > MaxTopicBytes:
		return fault.Invalid(op, "an event's topic has between 1 and %d bytes", MaxTopicBytes)
	case e.Key == "" || len(e.Key) > MaxKeyBytes:
		return fault.Invalid(op, "an event's key has between 1 and %d bytes", MaxKeyBytes)
	case len(e.Type) > MaxTypeBytes:
		return fault.Invalid(op, "an event's type has at most %d bytes", MaxTypeBytes)
	case len(e.Payload) > MaxPayloadBytes:
		return fault.Invalid(op, "an event's payload has at most %d bytes", MaxPayloadBytes)
	case len(e.Payload) > 0 && !json.Valid(e.Payload):
		return fault.Invalid(op, "an event's payload is a JSON value")
	}
	return nil
}

// size is what the event counts for in a queue, in bytes.
func (e *Event) size() int {
	return len(e.Payload) + len(e.Key) + len(e.Type) + len(e.Topic) + eventOverhead
}

// eventOverhead is about what an event takes in memory besides its texts.
const eventOverhead = 128

// Filter says which events of a topic a subscriber wants. The zero value wants all.
type Filter struct {
	// Keys, when not empty, keeps the events with one of these keys.
	Keys []string
	// Types, when not empty, keeps the events with one of these types.
	Types []string
}
