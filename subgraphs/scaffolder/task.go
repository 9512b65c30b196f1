package scaffolder

import (
	"encoding/json"
	"errors"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// Status says how far a task or a step has come, as the graph names it.
type Status string

// The statuses.
const (
	Open       Status = "OPEN"
	Processing Status = "PROCESSING"
	Completed  Status = "COMPLETED"
	Failed     Status = "FAILED"
	Cancelled  Status = "CANCELLED"
	Skipped    Status = "SKIPPED"
)

// Ended reports that nothing more will happen.
func (s Status) Ended() bool { return s != Open && s != Processing }

// Task is one execution of a template.
type Task struct {
	ID       string
	JobID    int64
	Template Template
	// CreatedBy is the reference of whoever started it; Principal is them with their rights.
	CreatedBy   string
	Principal   auth.Principal
	DryRun      bool
	Parameters  json.RawMessage
	Status      Status
	Attempt     int
	Workspace   string // the name of the workspace's current state
	Events      int64  // how many events tell of it
	StartCursor string // in the event log, before the first of them
	Output      *Result
	Error       string
	CreatedAt   time.Time
	StartedAt   *time.Time
	CompletedAt *time.Time
}

// TaskStep is a step of a task.
type TaskStep struct {
	ID, Name, Action string
	Status           Status
	Output           json.RawMessage
	StartedAt        *time.Time
	EndedAt          *time.Time
}

// Result is what a task gives back.
type Result struct {
	Links     []Link `json:"links,omitempty"`
	Text      []Text `json:"text,omitempty"`
	EntityRef string `json:"entityRef,omitempty"`
	Files     []File `json:"files,omitempty"`
}

// Link is a link that a task gives back.
type Link struct {
	Title     string `json:"title,omitempty"`
	URL       string `json:"url,omitempty"`
	Icon      string `json:"icon,omitempty"`
	EntityRef string `json:"entityRef,omitempty"`
}

// Text is a text that a task gives back.
type Text struct {
	Title   string `json:"title,omitempty"`
	Icon    string `json:"icon,omitempty"`
	Content string `json:"content"`
}

// File is a file of a workspace. Content is nil when it is not text, or too large to show.
type File struct {
	Path    string  `json:"path"`
	Content *string `json:"content,omitempty"`
	Size    int64   `json:"size"`
}

// Hold is what an attempt shows to change its task.
type Hold struct {
	TaskID  string
	Attempt int
}

// ErrFenced is the cause of the fault that a change by an attempt causes which no longer holds its task: another attempt
// took over, or somebody stopped the task.
var ErrFenced = errors.New("this attempt no longer holds the task")

// Fenced is the fault with the cause [ErrFenced].
func Fenced(op string) error { return fault.Wrap(fault.KindConflict, op, ErrFenced) }

// JobKind is the kind of the durable job that runs a task; its arguments are [JobArgs].
const JobKind = "scaffolder_task"

// JobArgs say which task a job runs.
type JobArgs struct {
	TaskID string `json:"taskId"`
}

// StepEnd is how a step ended.
type StepEnd struct {
	Position  int
	Status    Status
	Output    json.RawMessage
	Workspace string   // the workspace's state from now on; empty: as before
	Created   []string // references of entities that it brought into the catalog
	Message   string
	Level     Level
}

// TaskEnd is how a task ended.
type TaskEnd struct {
	Status Status
	Output *Result
	Error  string
}
