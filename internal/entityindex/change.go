package entityindex

import (
	"encoding/json"

	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
)

// Kind says what a change is to one who may or may not see the entity. Its values are those of the graph's
// CatalogChangeKind.
type Kind string

// The kinds of change.
const (
	Added   Kind = "ADDED"
	Changed Kind = "CHANGED"
	Removed Kind = "REMOVED"
)

// Change is the payload of an event on [Topic].
type Change struct {
	// Entity is the entity as it is now; nil when it was removed.
	Entity *Entity `json:"entity,omitempty"`
	// Previous is the entity as it was before; nil when it was added.
	Previous *Entity `json:"previous,omitempty"`
}

// NewEvent makes the event that tells of a change. One of Entity and Previous must be there.
func NewEvent(c Change) (events.Event, error) {
	const op = "entityindex.NewEvent"
	subject := c.subject()
	if subject == nil || subject.ID == "" || subject.Ref == "" {
		return events.Event{}, fault.New(fault.KindInternal, op, "a change needs an entity with id and ref")
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return events.Event{}, fault.Internal(op, err)
	}
	return events.Event{
		Topic: Topic, Key: subject.ID, Type: string(c.Kind()), Removal: c.Entity == nil, Payload: payload,
	}, nil
}

// ParseChange reads the payload of an event on [Topic].
func ParseChange(e events.Event) (Change, error) {
	var c Change
	if err := json.Unmarshal(e.Payload, &c); err != nil {
		return Change{}, fault.Internal("entityindex.ParseChange", err)
	}
	if c.subject() == nil {
		return Change{}, fault.New(fault.KindInternal, "entityindex.ParseChange", "the change names no entity")
	}
	return c, nil
}

// Kind says what the change is to one who sees everything.
func (c Change) Kind() Kind {
	switch {
	case c.Entity == nil:
		return Removed
	case c.Previous == nil:
		return Added
	default:
		return Changed
	}
}

// Ref is the entity's ref: as it is now, or as it last was.
func (c Change) Ref() string { return c.subject().Ref }

// ID is the entity's id.
func (c Change) ID() string { return c.subject().ID }

// SeenBy says what the change is to one who sees only the entities for which visible is true, and by which ref they
// know the entity: one that becomes hidden was removed, under the ref that was visible; one that becomes visible was
// added. It reports false when the change is nothing to them.
func (c Change) SeenBy(visible func(Entity) bool) (kind Kind, ref string, ok bool) {
	now := c.Entity != nil && visible(*c.Entity)
	before := c.Previous != nil && visible(*c.Previous)
	switch {
	case now && before:
		return Changed, c.Entity.Ref, true
	case now:
		return Added, c.Entity.Ref, true
	case before:
		return Removed, c.Previous.Ref, true
	default:
		return "", "", false
	}
}

func (c Change) subject() *Entity {
	if c.Entity != nil {
		return c.Entity
	}
	return c.Previous
}
