package view

import (
	"time"

	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/scaffolder"
)

// TaskEvent is something that happened in a task, as the graph shows it.
type TaskEvent struct {
	Cursor  string
	Time    time.Time
	StepID  *string
	Level   scaffolder.Level
	Message string
	Status  *scaffolder.Status
}

// NewTaskEvent shows an event at its place in the log.
func NewTaskEvent(logged events.Event, event scaffolder.Event) *TaskEvent {
	shown := &TaskEvent{
		Cursor: scaffolder.Position{Cursor: logged.Cursor, Number: event.Number}.String(),
		Time:   logged.Time, StepID: present(event.StepID), Level: event.Level, Message: event.Message,
	}
	if event.Status != "" {
		shown.Status = &event.Status
	}
	return shown
}
