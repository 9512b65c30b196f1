package subscribe

import (
	"context"
	"fmt"
)

// Operation is a subscription that is ready to run.
type Operation interface {
	// Key is equal for two operations only if one may have the other's responses, wherever they begin; "" is never
	// shared.
	Key() string

	// Place is where the stream begins.
	Place() Place

	// SameSource says that another operation opens the same upstream stream, so that it may go on with this one's.
	SameSource(other Operation) bool

	// Open starts the upstream stream. It ends with ctx.
	Open(ctx context.Context) (Source, error)

	// Complete makes the response to one upstream event. It keeps no reference to it.
	Complete(ctx context.Context, event []byte) *Event
}

// Place is where in its stream an operation begins.
type Place struct {
	// Cursor is the cursor of the event that it begins after, "" for none.
	Cursor string

	// Replays says that without a cursor it may begin with events of the past, and not with those from now on.
	Replays bool
}

// Resumer is an Operation whose source may be opened again where it broke off.
type Resumer interface {
	// Resume returns the operation that goes on after the event with that cursor, "" if no event was seen. It is nil if
	// the operation cannot go on there, or if what the source ended with is not a thing that passes. The result has the
	// key of the operation.
	Resume(cursor string, cause error) Operation
}

// Positioned is an Operation that can find out where it begins before its stream is opened.
type Positioned interface {
	// Position returns the operation from the place on where it begins; itself where that is not known.
	Position(ctx context.Context) (Operation, error)
}

// Source is an upstream stream. It is used by one goroutine.
type Source interface {
	// Next waits for an event; io.EOF says that upstream has completed.
	Next(ctx context.Context) ([]byte, error)

	// Close ends the stream and waits for it.
	Close() error
}

// Event is the response to one upstream event, shared by all subscribers and not changed by any.
type Event struct {
	Body    []byte
	HasData bool

	// Cursor is the event's place in a resumable stream, "" in others.
	Cursor string
}

// Reason says why a live operation ended before its upstream completed. The values are stable error codes.
type Reason string

// The reasons.
const (
	SlowReader  Reason = "SLOW_READER"          // the subscriber's queue was full
	Upstream    Reason = "SUBSCRIPTION_LOST"    // the upstream stream failed: the client had better subscribe again
	Invalidated Reason = "SUBSCRIPTION_INVALID" // the schema no longer has what was asked
	Revoked     Reason = "RIGHTS_CHANGED"       // whoever asked may have other rights by now
	TooMany     Reason = "TOO_MANY_OPERATIONS"  // the limit of live operations
	Closing     Reason = "SHUTTING_DOWN"        // the hub was closed
)

// EndedError is why a subscriber gets no more events.
type EndedError struct {
	Reason Reason

	// Cursor is that of the last event that the subscriber was given, "" if it had none.
	Cursor string

	// Err is the cause, for logs; nil where there is none.
	Err error
}

// Error names the reason and the cause.
func (e *EndedError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("live operation ended: %s", e.Reason)
	}
	return fmt.Sprintf("live operation ended: %s: %v", e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *EndedError) Unwrap() error { return e.Err }
