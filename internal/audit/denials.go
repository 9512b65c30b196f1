package audit

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// How refusals are bounded: whoever asks in a loop, under changing names or from many addresses, must not fill the log.
const (
	// denialWindow is for how long the same refusal of the same caller is counted instead of told again.
	denialWindow = time.Minute
	// denialsPerCaller is how many different refusals of one caller, or of one address that nobody is known at, are told
	// in a window; the others are counted together.
	denialsPerCaller = 10
	// knownCallers and unknownCallers are of how many callers, and of how many addresses, refusals are told in a window;
	// those of the others are counted together. Strangers cannot hide what callers are refused.
	knownCallers   = 500
	unknownCallers = 100
)

// severalActions stands for refusals that are not told one by one.
const severalActions = "several"

// FactRepeated is how often a refusal was repeated since it was told.
const FactRepeated = "repeated"

// denials are the refusals of this process that are to be told, or counted until they are.
type denials struct {
	now func() time.Time

	mu     sync.Mutex
	until  time.Time // the end of the window
	seen   map[denial]*repetition
	counts map[source]int // of different refusals
	known  int            // of the sources, how many have a name
	ready  []Event
}

// source is whom refusals are bounded by: somebody, or an address. The zero source is all that there is no room for.
type source struct{ actor, address string }

// denial is what makes two refusals the same.
type denial struct {
	source
	action, code string
}

type repetition struct {
	event Event
	count int // since it was last told
}

func newDenials(now func() time.Time) *denials {
	return &denials{now: now, seen: map[denial]*repetition{}, counts: map[source]int{}}
}

// Deny remembers that an action was refused: the first time at once, then once a minute with how often it was repeated. It
// does not wait, and keeps a bounded number of refusals, whoever asks for whatever from wherever. [Log.Run] and [Log.Settle]
// write what it keeps; a process that is killed before that forgets it.
func (l *Log) Deny(ctx context.Context, e Event) {
	e.Kind, e.Outcome = Denied, Refused
	e.Action, e.Code = cut(e.Action, maxName), cut(e.Code, maxName)
	if l.denials.add(completed(ctx, e)) {
		l.Wake()
	}
}

// add counts a refusal, and reports whether there is one to tell.
func (d *denials) add(e Event) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn()
	from := source{actor: e.Actor}
	if e.Actor == "" {
		from.address = e.Address
	}
	key := denial{from, e.Action, e.Code}
	if known, ok := d.seen[key]; ok {
		known.count++
		return false
	}
	if key.source = d.room(from); key.source != from {
		e.Actor, e.CredentialID, e.Address, e.TraceID, e.Facts = "", "", "", "", nil
	}
	if d.counts[key.source] >= denialsPerCaller || key.source != from {
		key.action, key.code, e.Action, e.Code = severalActions, "", severalActions, ""
	}
	if known, ok := d.seen[key]; ok {
		known.count++
		return false
	}
	d.counts[key.source]++
	d.seen[key] = &repetition{event: e}
	d.ready = append(d.ready, e)
	return true
}

// room is the source that a refusal is counted by: its own while there is room for it.
func (d *denials) room(from source) source {
	if _, ok := d.counts[from]; ok {
		return from
	}
	switch {
	case from.actor != "" && d.known < knownCallers:
		d.known++
		return from
	case from.actor == "" && len(d.counts)-d.known < unknownCallers:
		return from
	}
	return source{}
}

// turn ends the window if its time is over: what was repeated is to be told, and goes on being counted; what was not is
// forgotten.
func (d *denials) turn() {
	now := d.now()
	if now.Before(d.until) {
		return
	}
	d.until = now.Add(denialWindow)
	d.known = 0
	clear(d.counts)
	for key, repeated := range d.seen {
		if repeated.count == 0 {
			delete(d.seen, key)
			continue
		}
		if d.counts[key.source]++; d.counts[key.source] == 1 && key.actor != "" {
			d.known++
		}
		e := repeated.event
		e.Facts = append(e.Facts[:len(e.Facts):len(e.Facts)], Fact{Name: FactRepeated, Value: strconv.Itoa(repeated.count)})
		d.ready = append(d.ready, e)
		repeated.count = 0
	}
}

// take gives what is to be told.
func (d *denials) take() []Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn()
	taken := d.ready
	d.ready = nil
	return taken
}

// end gives what is to be told before the process ends: what was counted, too.
func (d *denials) end() []Event {
	d.mu.Lock()
	d.until = time.Time{}
	d.mu.Unlock()
	return d.take()
}

// keep has events told the next time, unless there are too many by then.
func (d *denials) keep(events []Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ready)+len(events) <= (knownCallers+unknownCallers+1)*(denialsPerCaller+1) {
		d.ready = append(events, d.ready...)
	}
}

// tellDenials writes refusals to the log. Whoever the context is of has nothing to do with them.
func (l *Log) tellDenials(ctx context.Context, events []Event) error {
	for at, e := range events {
		if err := write(ctx, l.pool, e); err != nil {
			l.denials.keep(events[at:])
			return err
		}
	}
	return nil
}
