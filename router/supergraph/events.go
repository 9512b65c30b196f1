package supergraph

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// EventsIdentity is the identity of the specification that @eventStream belongs to: a subgraph links
// "https://devportal.internal/events/v1.0" and composes the directive with @composeDirective.
const EventsIdentity = "https://devportal.internal/events"

// EventStream says of a subscription field that its events are messages of a stream, and come from no subgraph.
type EventStream struct {
	// Field is the field of the subscription root, Source the name of the event source.
	Field  string
	Source string

	// Stream is the stream's name, in which "{args.name}" stands for the value of an argument.
	Stream string
}

// eventSubgraph begins the name of what stands for a stream among the subgraphs; no subgraph can have such a name.
const eventSubgraph = "event stream of "

// placeholder is the place of an argument's value in the name of a stream.
var placeholder = regexp.MustCompile(`\{args\.([_A-Za-z][_0-9A-Za-z]*)\}`)

// Name is the name of the stream for the values of arguments; value gives "" for one that has none that fits.
func (e *EventStream) Name(value func(argument string) string) (name string, ok bool) {
	ok = true
	name = placeholder.ReplaceAllStringFunc(e.Stream, func(place string) string {
		text := value(placeholder.FindStringSubmatch(place)[1])
		ok = ok && text != ""
		return text
	})
	return name, ok
}

// readEvents gives each stream that @eventStream names the place of a subgraph of its own, which has what a message
// carries: the keys of entities, and whole values of types without a key. All else is then planned as after an event of any
// subgraph.
func (l *loader) readEvents() error {
	feature, linked := l.schema.Features[EventsIdentity]
	root := l.schema.Definitions[l.schema.roots[ast.Subscription]]
	if !linked || root == nil {
		return nil
	}
	for _, field := range root.Fields {
		directive := field.Directives.ForName(feature.local("eventStream"))
		if directive == nil {
			continue
		}
		stream := &EventStream{Field: field.Name, Source: argument(directive, "source"), Stream: argument(directive, "stream")}
		if err := l.readEventStream(root, field, stream); err != nil {
			return fmt.Errorf("field %s.%s: @%s: %w", root.Name, field.Name, directive.Name, err)
		}
	}
	return nil
}

func (l *loader) readEventStream(root *ast.Definition, field *ast.FieldDefinition, stream *EventStream) error {
	if stream.Source == "" || stream.Stream == "" {
		return fmt.Errorf("source and stream are required")
	}
	if strings.ContainsAny(placeholder.ReplaceAllString(stream.Stream, ""), "{}") {
		return fmt.Errorf("stream %q has braces other than {args.name}", stream.Stream)
	}
	for _, place := range placeholder.FindAllStringSubmatch(stream.Stream, -1) {
		if field.Arguments.ForName(place[1]) == nil {
			return fmt.Errorf("the field has no argument %q", place[1])
		}
	}
	if payload := l.schema.Definitions[field.Type.Name()]; field.Type.Elem != nil || payload == nil || !payload.IsCompositeType() {
		return fmt.Errorf("the field must give one object, not %s", field.Type)
	}
	l.carryStream(root, field, stream)
	return nil
}

// carryStream puts the subgraph of a stream in the place of those that have its field.
func (l *loader) carryStream(root *ast.Definition, field *ast.FieldDefinition, stream *EventStream) {
	made := &Subgraph{Index: len(l.schema.Subgraphs), Name: eventSubgraph + field.Name, Types: map[string]*Type{}, Events: stream}
	cursor := ""
	if resumable := l.schema.resumable[field.Name]; resumable != nil {
		cursor = resumable.Cursor
	}
	for _, subgraph := range l.schema.Subgraphs {
		t := subgraph.Types[root.Name]
		if t == nil || t.Fields[field.Name] == nil {
			continue
		}
		delete(t.Fields, field.Name)
		carry(subgraph, made, field.Type.Name())
	}
	made.Types[root.Name] = &Type{
		Name: root.Name, Kind: ast.Object, Possible: l.schema.possible[root.Name],
		Fields: map[string]*Field{field.Name: {Name: field.Name, Type: field.Type}},
	}
	if payload := made.Types[field.Type.Name()]; cursor != "" && payload != nil {
		payload.Fields[cursor] = &Field{Name: cursor, Type: l.schema.Field(payload.Name, cursor).Type}
	}
	l.schema.Subgraphs = append(l.schema.Subgraphs, made)
	l.schema.byName[made.Name] = made
}

// carry copies what a message carries of a type, and of all types below it.
func carry(from, to *Subgraph, name string) {
	t := from.Types[name]
	if t == nil || to.Types[name] != nil {
		return
	}
	copied := &Type{Name: name, Kind: t.Kind, InterfaceObject: t.InterfaceObject, Possible: t.Possible, Fields: map[string]*Field{}}
	to.Types[name] = copied
	for _, field := range t.Fields {
		if t.carries(field) {
			copied.Fields[field.Name] = &Field{Name: field.Name, Type: field.Type}
			carry(from, to, field.Type.Name())
		}
	}
	for member, candidate := range from.Types {
		if candidate.Kind == ast.Object && t.Kind != ast.Object && candidate.Possible.Intersects(t.Possible) {
			carry(from, to, member)
		}
	}
}

// carries says that a message has a field: of a type with keys one of them, of an object without any each.
func (t *Type) carries(field *Field) bool {
	if len(t.Keys) == 0 {
		return t.Kind == ast.Object && !field.External && !field.NeedsMore()
	}
	for _, key := range t.Keys {
		for _, part := range key.Fields {
			if part.Name == field.Name {
				return true
			}
		}
	}
	return false
}
