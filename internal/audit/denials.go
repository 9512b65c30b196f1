package audit

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// How refusals that repeat themselves are told.
const (
	// denialWindow is for how long the same refusal of the same caller is counted instead of told again.
	denialWindow = 10 * time.Second
	maxDenials   = 10_000
)

// Denials tells the log of refused access, but of one that repeats itself only now and then, with how often: whoever
// asks in a loop must not fill the log. It is safe for concurrent use.
type Denials struct {
	log *Log
	now func() time.Time

	mu   sync.Mutex
	seen map[denial]*repetition
}

// denial is what makes two refusals the same.
type denial struct{ actor, address, action, code string }

type repetition struct {
	until time.Time
	count int
}

// NewDenials tells a log.
func NewDenials(log *Log) *Denials { return NewDenialsAt(log, time.Now) }

// NewDenialsAt is [NewDenials] with a clock.
func NewDenialsAt(log *Log, now func() time.Time) *Denials {
	return &Denials{log: log, now: now, seen: map[denial]*repetition{}}
}

// Tell records that an action was refused. What goes wrong is logged: the access stays refused.
func (d *Denials) Tell(ctx context.Context, e Event) {
	e.Kind, e.Outcome = Denied, Refused
	e = completed(ctx, e)
	repeated, tell := d.count(denial{e.Actor, e.Address, e.Action, e.Code})
	if !tell {
		return
	}
	if repeated > 0 {
		e.Facts = append(e.Facts, Fact{Name: "repeated", Value: strconv.Itoa(repeated)})
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := d.log.Record(ctx, e); err != nil {
		d.log.options.Logger.ErrorContext(ctx, "a refused access could not be recorded in the audit log", "action", e.Action, "error", err)
	}
}

// recordTimeout bounds how long telling the log may hold up an answer.
const recordTimeout = 5 * time.Second

// count says how often the refusal was repeated since it was last told, and whether to tell it now.
func (d *Denials) count(key denial) (repeated int, tell bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if known, ok := d.seen[key]; ok && now.Before(known.until) {
		known.count++
		return 0, false
	} else if ok {
		repeated = known.count
	}
	if len(d.seen) >= maxDenials {
		clear(d.seen) // at worst some are told once more
	}
	d.seen[key] = &repetition{until: now.Add(denialWindow)}
	return repeated, true
}

// Tell records an event of something that has taken place, also when whoever asked has gone. What goes wrong is logged.
func (l *Log) Tell(ctx context.Context, e Event) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := l.Record(ctx, e); err != nil {
		l.options.Logger.ErrorContext(ctx, "an event could not be recorded in the audit log", "kind", e.Kind, "action", e.Action, "error", err)
	}
}
