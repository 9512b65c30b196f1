package docs

import (
	"encoding/json"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
)

// Topic is the topic of the event log that builds are told on; an event's key is the id of the site's entity.
const Topic = "docs.sites"

// BuildResult says what happened to a site, as the graph names it.
type BuildResult string

// The results of builds.
const (
	BuildDone    BuildResult = "BUILT"
	BuildRemoved BuildResult = "REMOVED"
)

// Change is the entity of a site before and now, without its spec; nil where there was or is no site. Its JSON is the
// payload of events on [Topic].
type Change struct {
	Now    *entityindex.Entity `json:"now,omitempty"`
	Before *entityindex.Entity `json:"before,omitempty"`
}

// NewChange is the change between two states of the entity of a site.
func NewChange(before, now *entityindex.Entity) Change {
	return Change{Now: withoutSpec(now), Before: withoutSpec(before)}
}

func withoutSpec(entity *entityindex.Entity) *entityindex.Entity {
	if entity == nil {
		return nil
	}
	lean := *entity
	lean.Spec = nil
	return &lean
}

// Event is the event that tells of the change.
func (c Change) Event() (events.Event, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return events.Event{}, fault.Internal("docs.Event", err)
	}
	return events.Event{Topic: Topic, Key: c.EntityID(), Type: "site", Removal: c.Now == nil, Payload: payload}, nil
}

// EntityID is the id of the site's entity.
func (c Change) EntityID() string {
	if c.Now != nil {
		return c.Now.ID
	}
	return c.Before.ID
}

// ParseChange reads the payload of an event on [Topic].
func ParseChange(event events.Event) (Change, error) {
	var change Change
	if err := json.Unmarshal(event.Payload, &change); err != nil {
		return Change{}, fault.Internal("docs.ParseChange", err)
	}
	if change.Now == nil && change.Before == nil {
		return Change{}, fault.New(fault.KindInternal, "docs.ParseChange", "the change names no site")
	}
	return change, nil
}

// SeenBy is what the change is to one who sees only the entities that the predicate admits; false when it is nothing to
// them.
func (c Change) SeenBy(access entityindex.Predicate) (BuildResult, bool) {
	switch {
	case c.Now != nil && access.Matches(*c.Now):
		return BuildDone, true
	case c.Before != nil && access.Matches(*c.Before):
		return BuildRemoved, true
	default:
		return "", false
	}
}
