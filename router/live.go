package router

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/eventsource"
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
	subscriber, err := r.hub.Subscribe(ctx, &liveOperation{
		prepared: p, ctx: context.WithoutCancel(ctx), key: p.sharingKey(),
		start: p.resume.begins(p.variables, p.request.LastEventID),
	})
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

	// start is the cursor of the event that it begins after, "" when it begins where its field does.
	start string
}

// Key implements subscribe.Operation.
func (l *liveOperation) Key() string { return l.key }

// Place implements subscribe.Operation. A field that may be resumed, and of which the schema does not say that it begins
// now, may begin with events of the past.
func (l *liveOperation) Place() subscribe.Place {
	return subscribe.Place{Cursor: l.start, Replays: l.events == nil && l.resume.resumes() && l.resume.Start == "" && l.start == ""}
}

// SameSource implements subscribe.Operation: the same request to the same subgraph.
func (l *liveOperation) SameSource(other subscribe.Operation) bool {
	o, ok := other.(*liveOperation)
	if !ok {
		return false
	}
	a, b := l.at("").trigger(l.ctx), o.at("").trigger(o.ctx)
	return a.Subgraph == b.Subgraph && bytes.Equal(a.Body, b.Body) &&
		l.graph.address(a.Subgraph) == o.graph.address(b.Subgraph)
}

// Resume implements subscribe.Resumer: the same operation with the cursor. Before the first event it is the client's own,
// or the one that Open asked for; a field that begins with its first event needs none.
func (l *liveOperation) Resume(cursor string, cause error) subscribe.Operation {
	if !l.resume.resumes() || !passes(cause) {
		return nil
	}
	if cursor == "" {
		if l.start == "" && !l.resume.FromStart {
			return nil
		}
		return l
	}
	return l.at(cursor)
}

// at is the operation from another place on.
func (l *liveOperation) at(cursor string) *liveOperation {
	next := *l
	next.start = cursor
	return &next
}

// passes says that a source ended for a reason that may be gone soon.
func passes(cause error) bool {
	var failed *upstream.Error
	if errors.Is(cause, eventsource.ErrAway) {
		return true
	}
	if !errors.As(cause, &failed) {
		return cause == nil
	}
	switch failed.Reason {
	case upstream.Unreachable, upstream.TimedOut, upstream.Refused, upstream.BadAnswer, upstream.Interrupted:
		return true
	case upstream.BadStatus:
		return failed.Status >= 500
	}
	return false
}

// Position implements subscribe.Positioned: before a stream is opened that begins now, its subgraph is asked where that
// is, so that it can be gone on with even if it breaks off before its first event.
func (l *liveOperation) Position(ctx context.Context) (subscribe.Operation, error) {
	if l.events != nil {
		return l.positionInStream(ctx)
	}
	if !l.resume.resumes() || l.start != "" || l.resume.Start == "" {
		return l, nil
	}
	trigger := l.program.Trigger(l.execution(ctx))
	subgraph := l.graph.schema.Subgraph(trigger.Subgraph)
	query := subgraph.Types[l.graph.schema.Root(ast.Query)]
	if query == nil || query.Fields[l.resume.Start] == nil {
		return l, nil
	}
	body, err := json.Marshal(map[string]string{"query": "{cursor:" + l.resume.Start + "}"})
	if err != nil {
		return nil, err
	}
	answer, err := l.graph.upstream.Do(ctx, &upstream.Request{
		Subgraph: trigger.Subgraph, Kind: upstream.Query, Body: body, Header: trigger.Header,
	})
	if err != nil {
		return nil, err
	}
	defer answer.Release()
	var found struct{ Data struct{ Cursor string } }
	if err := json.Unmarshal(answer.Body, &found); err != nil || found.Data.Cursor == "" {
		return l, nil //nolint:nilerr // a subgraph that does not tell is asked for its stream, which can tell why
	}
	return l.at(found.Data.Cursor), nil
}

// Open implements subscribe.Operation.
func (l *liveOperation) Open(ctx context.Context) (subscribe.Source, error) {
	if l.events != nil {
		return l.openEvents(ctx)
	}
	trigger := l.trigger(ctx)
	trigger.Kind = upstream.Subscription
	stream, err := l.graph.upstream.Subscribe(ctx, trigger)
	if err != nil {
		return nil, err
	}
	if !l.resume.resumes() {
		return stream, nil
	}
	return resumableSource{stream, trigger.Subgraph}, nil
}

// trigger is the request that opens the stream at the operation's place.
func (l *liveOperation) trigger(ctx context.Context) *upstream.Request {
	request := l.execution(ctx)
	l.resume.pass(request.Variables, l.start)
	return l.program.Trigger(request)
}

// resumableSource ends where the subgraph says that it cannot go on now.
type resumableSource struct {
	upstream.Stream
	subgraph string
}

// Next implements subscribe.Source.
func (s resumableSource) Next(ctx context.Context) ([]byte, error) {
	event, err := s.Stream.Next(ctx)
	if err == nil {
		err = interruption(s.subgraph, event)
	}
	return event, err
}

// Complete implements subscribe.Operation.
func (l *liveOperation) Complete(ctx context.Context, event []byte) *subscribe.Event {
	if l.rightsChanged() {
		return &subscribe.Event{}
	}
	ctx, cancel := context.WithTimeout(ctx, l.router.eventTime)
	defer cancel()
	ctx, span := l.span(ctx)
	defer span.End()
	began := l.router.options.Now()
	cursor := l.resume.cursorOf(event)
	if l.events != nil {
		cursor = l.events.cursorOf(event)
	}
	response := l.program.Event(ctx, l.execution(ctx), event)
	defer response.Release()
	l.done(ctx, began, response.Errors())
	body := response.Bytes()
	l.router.changes.Add(1)
	return &subscribe.Event{Body: body, HasData: true, Cursor: cursor}
}

// defaultEventTime bounds the completion of one event.
const defaultEventTime = 30 * time.Second

// sharingKey is equal for two subscriptions only if they ask the same with the same rights: it covers the document, the
// operation's name, the labels of progressive overrides that hold, the coerced variables except the cursor, who is asking
// with what rights,
// and those headers that subgraphs get to see.
func (p *prepared) sharingKey() string {
	sum := sha256.New()
	write := func(text string) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(text)))
		sum.Write(length[:])
		sum.Write([]byte(text))
	}
	write(p.request.Caller.Identity)
	write(p.rights.KeyFor(p.touched))
	write(p.request.Query)
	write(p.request.OperationName)
	for _, label := range p.labels {
		write(label)
	}
	for _, name := range p.variables.Names() {
		if p.resume.places(name, p.request.Query) {
			continue
		}
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
