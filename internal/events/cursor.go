package events

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"devportal.internal/internal/fault"
)

// Codes of the faults that cursors cause. They are stable.
const (
	// CodeCursorInvalid: the text is no cursor of this log.
	CodeCursorInvalid = "CURSOR_INVALID"
	// CodeCursorExpired: events after the cursor are gone; read the list again and start from its cursor.
	CodeCursorExpired = "CURSOR_EXPIRED"
	// CodeSubscriberSlow: the subscriber's queue was full; subscribe again with the last cursor.
	CodeSubscriberSlow = "SUBSCRIBER_SLOW"
)

// Cursor is a place in the log: after it come the events that one who has the cursor has not seen. Cursors of one log
// are ordered; to clients they are opaque texts. The zero value is the start of the log.
type Cursor struct {
	// epoch tells the cursors of one database from those of another.
	epoch    uint32
	position int64
}

const (
	cursorVersion = 1
	cursorBytes   = 1 + 4 + 8
)

// String is the cursor as a client sees it.
func (c Cursor) String() string {
	raw := make([]byte, 0, cursorBytes)
	raw = append(raw, cursorVersion)
	raw = binary.BigEndian.AppendUint32(raw, c.epoch)
	raw = binary.BigEndian.AppendUint64(raw, uint64(c.position))
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ParseCursor reads what [Cursor.String] wrote. Anything else is an invalid fault with code CURSOR_INVALID.
func ParseCursor(text string) (Cursor, error) {
	if len(text) != base64.RawURLEncoding.EncodedLen(cursorBytes) {
		return Cursor{}, invalidCursor()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || raw[0] != cursorVersion {
		return Cursor{}, invalidCursor()
	}
	position := binary.BigEndian.Uint64(raw[5:])
	if position > 1<<62 {
		return Cursor{}, invalidCursor()
	}
	return Cursor{epoch: binary.BigEndian.Uint32(raw[1:5]), position: int64(position)}, nil
}

// IsStart reports whether the cursor is the start of the log.
func (c Cursor) IsStart() bool { return c.position == 0 }

// After reports whether the cursor is a later place than the other.
func (c Cursor) After(other Cursor) bool { return c.position > other.position }

func invalidCursor() error {
	return fault.Invalid("events.ParseCursor", "this is not a cursor of this portal").WithCode(CodeCursorInvalid)
}

func expiredCursor(op string) error {
	return fault.Invalid(op, "the events after this cursor are no longer kept: read the list again and start from its cursor").
		WithCode(CodeCursorExpired)
}

// SlowError says that a subscriber did not read fast enough. Nothing was dropped silently: everything up to Last was
// delivered, and the subscriber may come back with it.
type SlowError struct {
	// Last is the cursor of the last event that was delivered.
	Last Cursor
	// Limit is the size of the queue, in bytes.
	Limit int
}

// Error tells the limit.
func (e *SlowError) Error() string {
	return fmt.Sprintf("more than %d bytes of events were waiting", e.Limit)
}

func slowFault(err *SlowError) error {
	return fault.New(fault.KindUnavailable, "events.Next",
		"events came faster than they were read: subscribe again with the last cursor").
		WithCode(CodeSubscriberSlow).Because(err)
}
