package subscribe

import "time"

// Replay bounds what is kept of events that were given out. Zero fields have the defaults named at Options.
type Replay struct {
	Events int
	Bytes  int
	Age    time.Duration
}

func (r Replay) withDefaults() Replay {
	if r.Events == 0 {
		r.Events = 256
	}
	if r.Bytes == 0 {
		r.Bytes = 256 << 10
	}
	if r.Age == 0 {
		r.Age = time.Minute
	}
	return r
}

// ring keeps the latest events of one live operation.
type ring struct {
	bounds Replay
	events []keptEvent
	bytes  int

	// whole says that no event since the beginning was let go.
	whole bool
}

type keptEvent struct {
	*Event
	at time.Time
}

func (r *ring) add(event *Event) {
	now := time.Now()
	r.events = append(r.events, keptEvent{event, now})
	r.bytes += len(event.Body)
	gone := 0
	for gone < len(r.events) && (len(r.events)-gone > r.bounds.Events || r.bytes > r.bounds.Bytes ||
		now.Sub(r.events[gone].at) > r.bounds.Age) {
		r.bytes -= len(r.events[gone].Body)
		r.events[gone].Event = nil
		gone++
	}
	r.whole = r.whole && gone == 0
	r.events = r.events[gone:]
}

func (r *ring) clear() { r.events, r.bytes, r.whole = nil, 0, false }

// after are the events after that of a cursor; false where that is not kept.
func (r *ring) after(cursor string) ([]*Event, bool) {
	for i := len(r.events) - 1; i >= 0; i-- {
		if r.events[i].Cursor == cursor {
			return r.from(i + 1), true
		}
	}
	return nil, false
}

func (r *ring) from(first int) []*Event {
	list := make([]*Event, 0, len(r.events)-first)
	for _, kept := range r.events[first:] {
		list = append(list, kept.Event)
	}
	return list
}
