package kubernetes

import (
	"encoding/json"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
)

// Topic is the topic of the event log that changes of workloads are told on; an event's key is the workload's id.
const Topic = "kubernetes.workloads"

// WorkloadChangeKind says what happened to a workload, as the graph names it.
type WorkloadChangeKind string

// The kinds of changes.
const (
	Added   WorkloadChangeKind = "ADDED"
	Changed WorkloadChangeKind = "CHANGED"
	Removed WorkloadChangeKind = "REMOVED"
)

// View is a workload together with the entity that it belonged to at the time, without its spec.
type View struct {
	Workload Stored             `json:"workload"`
	Entity   entityindex.Entity `json:"entity"`
}

// Change is a workload before and now; nil where it did not exist or belonged to no entity. Its JSON is the payload of
// events on [Topic].
type Change struct {
	Now    *View `json:"now,omitempty"`
	Before *View `json:"before,omitempty"`
}

// Event is the event that tells of the change.
func (c Change) Event() (events.Event, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return events.Event{}, fault.Internal("kubernetes.Event", err)
	}
	return events.Event{Topic: Topic, Key: c.WorkloadID(), Type: "workload", Removal: c.Now == nil, Payload: payload}, nil
}

// WorkloadID is the id of the workload.
func (c Change) WorkloadID() string {
	if c.Now != nil {
		return c.Now.Workload.ID
	}
	return c.Before.Workload.ID
}

// ParseChange reads the payload of an event on [Topic].
func ParseChange(event events.Event) (Change, error) {
	var change Change
	if err := json.Unmarshal(event.Payload, &change); err != nil {
		return Change{}, fault.Internal("kubernetes.ParseChange", err)
	}
	if change.Now == nil && change.Before == nil {
		return Change{}, fault.New(fault.KindInternal, "kubernetes.ParseChange", "the change names no workload")
	}
	return change, nil
}

// SeenBy is what the change is to one who sees only the entities that the predicate admits; false when it is nothing to
// them.
func (c Change) SeenBy(access entityindex.Predicate) (WorkloadChangeKind, bool) {
	now := c.Now != nil && access.Matches(c.Now.Entity)
	before := c.Before != nil && access.Matches(c.Before.Entity)
	switch {
	case now && before:
		return Changed, true
	case now:
		return Added, true
	case before:
		return Removed, true
	default:
		return "", false
	}
}
