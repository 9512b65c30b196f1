package router

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"devportal.internal/router/subscribe"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
)

// subscribe joins or starts the live operation of a prepared subscription. A reload waits meanwhile, so that no live
// operation is started with a plan of a supergraph that was just replaced.
func (r *Router) subscribe(ctx context.Context, p *prepared) (*subscribe.Subscriber, *transport.Refusal) {
	r.reloading.RLock()
	defer r.reloading.RUnlock()
	if current := r.current.Load(); p.graph != current {
		again, refusal := r.prepare(ctx, current, p.request)
		if refusal != nil {
			return nil, refusal
		}
		p = again
	}
	subscriber, err := r.hub.Subscribe(ctx, &liveOperation{prepared: p, ctx: context.WithoutCancel(ctx), key: p.sharingKey()})
	var ended *subscribe.EndedError
	if errors.As(err, &ended) {
		return nil, endRefusal(ended)
	}
	return subscriber, nil
}

// liveOperation is a prepared subscription as the hub runs it.
type liveOperation struct {
	*prepared
	ctx context.Context // what it carries (who is asking) is needed to plan anew after a reload
	key string
}

// Key implements subscribe.Operation.
func (l *liveOperation) Key() string { return l.key }

// Replays implements subscribe.Operation.
func (l *liveOperation) Replays() bool { return l.resume.replays }

// SameSource implements subscribe.Operation: the same request to the same subgraph.
func (l *liveOperation) SameSource(other subscribe.Operation) bool {
	o, ok := other.(*liveOperation)
	if !ok {
		return false
	}
	a, b := l.program.Trigger(l.execution(l.ctx)), o.program.Trigger(o.execution(o.ctx))
	return a.Subgraph == b.Subgraph && bytes.Equal(a.Body, b.Body) &&
		l.graph.address(a.Subgraph) == o.graph.address(b.Subgraph)
}

// Resume implements subscribe.Resumer: the same operation with the cursor in the variable that the document passes as
// `after`. Before the first event it is the client's own.
func (l *liveOperation) Resume(cursor string, cause error) subscribe.Operation {
	if l.resume.variable == "" || l.resume.cursor == "" || !passes(cause) {
		return nil
	}
	if cursor == "" {
		if given, _ := l.variables.JSON(l.resume.variable); len(given) == 0 || string(given) == "null" {
			return nil
		}
		return l
	}
	raw, refusal := l.resume.resumed(l.request.Variables, cursor)
	if refusal != nil {
		return nil
	}
	variables, err := l.operation.CoerceVariables(raw)
	if err != nil {
		return nil
	}
	request := *l.request
	request.Variables, request.LastEventID = raw, ""
	next := *l.prepared
	next.request, next.variables = &request, variables
	return &liveOperation{prepared: &next, ctx: l.ctx, key: l.key}
}

// passes says that a source ended for a reason that may be gone soon.
func passes(cause error) bool {
	var failed *upstream.Error
	if !errors.As(cause, &failed) {
		return cause == nil
	}
	switch failed.Reason {
	case upstream.Unreachable, upstream.TimedOut, upstream.Refused, upstream.BadAnswer:
		return true
	case upstream.BadStatus:
		return failed.Status >= 500
	}
	return false
}

// Open implements subscribe.Operation.
func (l *liveOperation) Open(ctx context.Context) (subscribe.Source, error) {
	trigger := l.program.Trigger(l.execution(ctx))
	trigger.Kind = upstream.Subscription
	stream, err := l.graph.upstream.Subscribe(ctx, trigger)
	if err != nil {
		return nil, err
	}
	return stream, nil
}

// Complete implements subscribe.Operation.
func (l *liveOperation) Complete(ctx context.Context, event []byte) *subscribe.Event {
	ctx, cancel := context.WithTimeout(ctx, l.router.eventTime)
	defer cancel()
	ctx, span := l.span(ctx)
	defer span.End()
	began := l.router.options.Now()
	response := l.program.Event(ctx, l.execution(ctx), event)
	defer response.Release()
	l.done(ctx, began, response.Errors())
	body := response.Bytes()
	l.router.changes.Add(1)
	return &subscribe.Event{Body: body, HasData: true, Cursor: l.resume.cursorOf(body)}
}

// defaultEventTime bounds the completion of one event.
const defaultEventTime = 30 * time.Second

// sharingKey is equal for two subscriptions only if they ask the same with the same rights: it covers the document, the
// operation's name, the coerced variables, who is asking and those headers that subgraphs get to see.
func (p *prepared) sharingKey() string {
	sum := sha256.New()
	write := func(text string) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(text)))
		sum.Write(length[:])
		sum.Write([]byte(text))
	}
	write(p.request.Caller.Identity)
	write(p.request.Query)
	write(p.request.OperationName)
	for _, name := range p.variables.Names() {
		value, _ := p.variables.JSON(name)
		write(name)
		write(string(value))
	}
	for _, name := range p.graph.forwarded {
		write(name)
		for _, value := range p.request.Header.Values(name) {
			write(value)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
