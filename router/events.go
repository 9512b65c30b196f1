package router

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"devportal.internal/router/eventsource"
	"devportal.internal/router/execute"
	"devportal.internal/router/plan"
	"devportal.internal/router/subscribe"
	"devportal.internal/router/supergraph"
)

// The codes of errors about streams of messages.
const (
	codeCursorExpired   = "CURSOR_EXPIRED"
	codeCursorInvalid   = "CURSOR_INVALID"
	codeStreamInvalid   = "EVENT_STREAM_INVALID"
	codeStreamsTooMany  = "TOO_MANY_EVENT_STREAMS"
	codeEventMalformed  = "EVENT_MALFORMED"
	maxMessage          = 1 << 20
	maxStreamArgument   = 128
	streamArgumentChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
)

// eventTrigger makes of messages what a subgraph would send as events.
type eventTrigger struct {
	*supergraph.EventStream
	schema *supergraph.Schema

	// root is the field as the plan asks for it.
	root *ast.Field

	// typename is its type, cursor the field of that which gives the cursor, "" for none.
	typename string
	cursor   string
}

func checkEventSources(schema *supergraph.Schema, options Options) error {
	for _, subgraph := range schema.Subgraphs {
		if subgraph.Events != nil && options.EventSources[subgraph.Events.Source] == nil {
			return fmt.Errorf("subscription field %s: there is no event source %q", subgraph.Events.Field, subgraph.Events.Source)
		}
	}
	return nil
}

// eventTriggerOf is nil for a plan whose events come from a subgraph.
func eventTriggerOf(schema *supergraph.Schema, p *plan.Plan, resume resumption) (*eventTrigger, error) {
	if len(p.Fetches) == 0 || schema.Subgraph(p.Fetches[0].Subgraph) == nil || schema.Subgraph(p.Fetches[0].Subgraph).Events == nil {
		return nil, nil
	}
	stream := schema.Subgraph(p.Fetches[0].Subgraph).Events
	doc, err := parser.ParseQuery(&ast.Source{Input: p.Fetches[0].Document})
	if err != nil {
		return nil, fmt.Errorf("reading a planned subscription: %w", err)
	}
	if len(doc.Fragments) > 0 || len(doc.Operations) != 1 || len(doc.Operations[0].SelectionSet) != 1 {
		return nil, fmt.Errorf("the planned subscription is not one field")
	}
	root, isField := doc.Operations[0].SelectionSet[0].(*ast.Field)
	if !isField {
		return nil, fmt.Errorf("the planned subscription is not one field")
	}
	trigger := &eventTrigger{
		EventStream: stream, schema: schema, root: root,
		typename: schema.Field(schema.Root(ast.Subscription), stream.Field).Type.Name(),
	}
	if resume.resumes() {
		trigger.cursor = resume.Cursor
	}
	return trigger, nil
}

// stream is the stream's name for the arguments of a request.
func (e *eventTrigger) stream(values execute.Variables) (string, bool) {
	return e.Name(func(argument string) string {
		given := e.root.Arguments.ForName(argument)
		if given == nil {
			return ""
		}
		text := given.Value.Raw
		if given.Value.Kind == ast.Variable {
			text = string(values[given.Value.Raw])
		}
		if text == "null" {
			return ""
		}
		text = strings.Trim(text, `"`)
		if len(text) > maxStreamArgument || strings.Trim(text, streamArgumentChars) != "" {
			return ""
		}
		return text
	})
}

// positionInStream finds the end of the stream for an operation that begins now.
func (l *liveOperation) positionInStream(ctx context.Context) (subscribe.Operation, error) {
	name, ok := l.events.stream(l.values())
	if l.start != "" || !ok {
		return l, nil
	}
	cursor, err := l.graph.options.EventSources[l.events.Source].Last(ctx, name)
	if err != nil {
		return nil, err
	}
	return l.at(cursor), nil
}

// openEvents opens the stream at the operation's place.
func (l *liveOperation) openEvents(ctx context.Context) (subscribe.Source, error) {
	name, ok := l.events.stream(l.values())
	if !ok {
		return &refusedEvents{refusedEvent(codeStreamInvalid, "an argument does not fit into the name of a stream: letters, digits, _ and -, at most 128")}, nil
	}
	stream, err := l.graph.options.EventSources[l.events.Source].Open(ctx, name, l.start)
	if errors.Is(err, eventsource.ErrCursor) {
		return &refusedEvents{refusedEvent(codeCursorInvalid, "this is not a cursor of the stream")}, nil
	}
	if errors.Is(err, eventsource.ErrTooMany) {
		return &refusedEvents{refusedEvent(codeStreamsTooMany, "too many streams are read at once: come again later")}, nil
	}
	if err != nil {
		return nil, err
	}
	return &messageSource{Stream: stream, trigger: l.events, malformed: func(cursor string) {
		l.router.metrics.malformed(l.events.Source)
		l.router.options.Logger.WarnContext(ctx, "a message of an event stream cannot be read: it is an error to subscribers",
			"source", l.events.Source, "stream", name, "cursor", cursor, "field", l.events.Field)
	}}, nil
}

// refusedEvents is a source with one error.
type refusedEvents struct{ event []byte }

// Next implements subscribe.Source.
func (r *refusedEvents) Next(context.Context) ([]byte, error) {
	if r.event == nil {
		return nil, io.EOF
	}
	event := r.event
	r.event = nil
	return event, nil
}

// Close implements subscribe.Source.
func (r *refusedEvents) Close() error { return nil }

// refusedEvent is an event that says only what is wrong.
func refusedEvent(code, message string) []byte {
	event, _ := json.Marshal(map[string]any{"errors": []any{eventError(code, message)}})
	return event
}

func eventError(code, message string) map[string]any {
	return map[string]any{"message": message, "extensions": map[string]string{"code": code}}
}

// messageSource is a stream whose messages are made events of.
type messageSource struct {
	eventsource.Stream
	trigger *eventTrigger
	expired bool

	// malformed tells of a message that cannot be read.
	malformed func(cursor string)
}

// Next implements subscribe.Source.
func (s *messageSource) Next(ctx context.Context) ([]byte, error) {
	if s.expired {
		return nil, io.EOF
	}
	message, err := s.Stream.Next(ctx)
	if errors.Is(err, eventsource.ErrExpired) {
		s.expired = true
		return refusedEvent(codeCursorExpired, "events after the cursor are no longer kept: read anew and subscribe without it"), nil
	}
	if err != nil {
		return nil, err
	}
	event, readable := s.trigger.event(message)
	if !readable {
		s.malformed(message.Cursor)
	}
	return event, nil
}

// event makes an event of a message. One that cannot be read becomes an error in its place: nothing is left out silently.
func (e *eventTrigger) event(message eventsource.Message) (event []byte, readable bool) {
	var payload map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(message.Body)))
	decoder.UseNumber()
	made := map[string]any{"cursor": message.Cursor}
	readable = len(message.Body) <= maxMessage && decoder.Decode(&payload) == nil && payload != nil && !decoder.More() && e.fits(payload)
	if !readable {
		made["data"] = map[string]any{e.root.Alias: nil}
		failed := eventError(codeEventMalformed, "the message of this event cannot be read")
		failed["path"] = []string{e.root.Alias}
		made["errors"] = []any{failed}
	} else {
		if e.cursor != "" {
			payload[e.cursor] = message.Cursor
		}
		made["data"] = map[string]any{e.root.Alias: e.value(payload, e.typename, e.root.SelectionSet)}
	}
	event, _ = json.Marshal(made)
	return event, readable
}

// fits says that a message is of the field's type.
func (e *eventTrigger) fits(payload map[string]any) bool {
	_, ok := e.object(payload, e.typename)
	return ok
}

// object is the runtime type of a value of a type: the one that it names, or the type itself where that is an object's.
func (e *eventTrigger) object(value map[string]any, typename string) (string, bool) {
	name, named := value["__typename"].(string)
	if !named {
		name = typename
	}
	number, known := e.schema.Object(name)
	return name, known && e.schema.Possible(typename).Has(number)
}

// value is what the selection asks of a value, by response keys. Of an object whose type is not one that may be there,
// nothing is known: null.
func (e *eventTrigger) value(value any, typename string, set ast.SelectionSet) any {
	switch value := value.(type) {
	case map[string]any:
		object, ok := e.object(value, typename)
		if !ok || len(set) == 0 && e.schema.Definitions[typename].IsCompositeType() {
			return nil
		}
		into := map[string]any{}
		e.selected(into, value, object, set)
		return into
	case []any:
		list := make([]any, len(value))
		for at, item := range value {
			list[at] = e.value(item, typename, set)
		}
		return list
	}
	return value
}

func (e *eventTrigger) selected(into, value map[string]any, object string, set ast.SelectionSet) {
	number, _ := e.schema.Object(object)
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			definition := e.schema.Field(object, selection.Name)
			switch {
			case selection.Name == "__typename":
				into[selection.Alias] = object
			case definition == nil:
			case len(selection.SelectionSet) == 0:
				into[selection.Alias] = value[selection.Name]
			default:
				into[selection.Alias] = e.value(value[selection.Name], definition.Type.Name(), selection.SelectionSet)
			}
		case *ast.InlineFragment:
			if selection.TypeCondition == "" || e.schema.Possible(selection.TypeCondition).Has(number) {
				e.selected(into, value, object, selection.SelectionSet)
			}
		}
	}
}

// cursorOf reads the cursor that event wrote.
func (e *eventTrigger) cursorOf(event []byte) string {
	var made struct {
		Cursor string `json:"cursor"`
	}
	if e.cursor == "" || json.Unmarshal(event, &made) != nil {
		return ""
	}
	return made.Cursor
}
