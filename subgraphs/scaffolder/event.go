package scaffolder

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
)

// Topic is the topic of the event log that tells what happens in tasks; an event's key is the task's id.
const Topic = "scaffolder.tasks"

// Level says how much an event matters, as the graph names it.
type Level string

// The levels.
const (
	Debug Level = "DEBUG"
	Info  Level = "INFO"
	Warn  Level = "WARN"
	Error Level = "ERROR"
)

// Event is something that happened in a task. Its JSON is the payload of events on [Topic].
type Event struct {
	// Number counts the task's events from 1.
	Number  int64  `json:"number"`
	StepID  string `json:"stepId,omitempty"`
	Level   Level  `json:"level"`
	Message string `json:"message"`
	Status  Status `json:"status,omitempty"`
	// Last says that nothing comes after it.
	Last bool `json:"last,omitempty"`
	// CreatedBy is who started the task: who may read the event depends on it.
	CreatedBy string `json:"createdBy"`
}

// LogEvent is the event as the log takes it.
func (e Event) LogEvent(taskID string) (events.Event, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return events.Event{}, fault.Internal("scaffolder.LogEvent", err)
	}
	return events.Event{Topic: Topic, Key: taskID, Type: "task", Payload: payload}, nil
}

// ParseEvent reads the payload of an event on [Topic].
func ParseEvent(event events.Event) (Event, error) {
	var parsed Event
	if err := json.Unmarshal(event.Payload, &parsed); err != nil {
		return Event{}, fault.Internal("scaffolder.ParseEvent", err)
	}
	return parsed, nil
}

// Position is a place in the events of one task: a place in the event log, and the number of the last event before it.
// The number tells one who comes back after the last event that there is nothing to wait for.
type Position struct {
	Cursor events.Cursor
	Number int64
}

// String is the position as a client sees it.
func (p Position) String() string { return p.Cursor.String() + "." + strconv.FormatInt(p.Number, 36) }

// ParsePosition reads what [Position.String] wrote. Anything else is an invalid fault with code CURSOR_INVALID.
func ParsePosition(text string) (Position, error) {
	before, after, found := strings.Cut(text, ".")
	cursor, err := events.ParseCursor(before)
	if err != nil {
		return Position{}, err
	}
	number, err := strconv.ParseInt(after, 36, 64)
	if !found || err != nil || number < 0 {
		return Position{}, fault.Invalid("scaffolder.ParsePosition", "this is not a cursor of a task's events").
			WithCode(events.CodeCursorInvalid).Because(fmt.Errorf("read the number: %w", err))
	}
	return Position{Cursor: cursor, Number: number}, nil
}
