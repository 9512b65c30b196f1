package eventsource

import (
	"context"
	"errors"
)

// Source is where streams are read from.
type Source interface {
	// Last is the cursor of the last message that a stream has had.
	Last(ctx context.Context, stream string) (cursor string, err error)

	// Open reads a stream after a cursor.
	Open(ctx context.Context, stream, cursor string) (Stream, error)
}

// Stream is a stream as one reader goes through it. It is used by one goroutine.
type Stream interface {
	// Next waits for the next message.
	Next(ctx context.Context) (Message, error)

	// Close ends the reading.
	Close() error
}

// Message is one message of a stream.
type Message struct {
	Cursor string

	// Body is what the message carries, as it was sent; nil where it carries nothing.
	Body []byte
}

// The errors of sources.
var (
	// ErrExpired says that messages after the cursor may be gone.
	ErrExpired = errors.New("messages after the cursor are no longer kept")

	// ErrCursor says that the cursor is none.
	ErrCursor = errors.New("not a cursor of this stream")

	// ErrTooMany says that too many streams are read at once.
	ErrTooMany = errors.New("too many streams are read at once")

	// ErrAway says that the source cannot be reached now.
	ErrAway = errors.New("the event source is away")
)
