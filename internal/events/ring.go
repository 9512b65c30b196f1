package events

// Bounds of what a reader remembers for subscribers that come back.
const (
	ringEvents = 4096
	ringBytes  = 2 << 20
)

// ring remembers the latest events of a topic: all that came after floor.
type ring struct {
	events []*Event
	bytes  int
	floor  int64
}

func (r *ring) add(e *Event) {
	r.events = append(r.events, e)
	r.bytes += e.size()
	drop := 0
	for len(r.events)-drop > ringEvents || (r.bytes > ringBytes && drop < len(r.events)) {
		r.bytes -= r.events[drop].size()
		r.floor = r.events[drop].Cursor.position
		r.events[drop] = nil
		drop++
	}
	r.events = r.events[drop:]
}

// after gives the events after a position that is not before the floor.
func (r *ring) after(position int64) []*Event {
	first := len(r.events)
	for first > 0 && r.events[first-1].Cursor.position > position {
		first--
	}
	return r.events[first:]
}
