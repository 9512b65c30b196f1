package supergraph

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// LiveIdentity is the identity of the specification that @resumable belongs to: a subgraph links
// "https://devportal.internal/live/v1.0" and composes the directive with @composeDirective.
const LiveIdentity = "https://devportal.internal/live"

// Resumable says of a subscription field how its stream is gone on with from an event that is known.
type Resumable struct {
	// After is the argument that takes the cursor of the last event that is known, Cursor the field of the payload that
	// gives an event's.
	After  string
	Cursor string

	// Start is the field of the query root, of the same subgraph, that gives the cursor of now: the field without a cursor
	// begins there. "" says that nothing does.
	Start string

	// FromStart says that the field without a cursor begins with the stream's first event.
	FromStart bool
}

// Resumable is what @resumable says of a field of the subscription root; nil when the field does not have it.
func (s *Schema) Resumable(field string) *Resumable { return s.resumable[field] }

// readLive reads the directives of the live specification, where it is linked.
func (l *loader) readLive() error {
	feature, linked := l.schema.Features[LiveIdentity]
	root := l.schema.Definitions[l.schema.roots[ast.Subscription]]
	if !linked || root == nil {
		return nil
	}
	for _, field := range root.Fields {
		directive := field.Directives.ForName(feature.local("resumable"))
		if directive == nil {
			continue
		}
		resumable, err := l.readResumable(field, directive)
		if err != nil {
			return fmt.Errorf("field %s.%s: @%s: %w", root.Name, field.Name, directive.Name, err)
		}
		l.schema.resumable[field.Name] = resumable
	}
	return nil
}

func (l *loader) readResumable(field *ast.FieldDefinition, directive *ast.Directive) (*Resumable, error) {
	r := &Resumable{
		After: argument(directive, "after"), Cursor: argument(directive, "cursor"), Start: argument(directive, "start"),
		FromStart: argument(directive, "fromStart") == "true",
	}
	if r.After == "" {
		r.After = "after"
	}
	if r.Cursor == "" {
		r.Cursor = "cursor"
	}
	payload := l.schema.Definitions[field.Type.Name()]
	query := l.schema.Definitions[l.schema.roots[ast.Query]]
	switch {
	case field.Arguments.ForName(r.After) == nil:
		return nil, fmt.Errorf("the field has no argument %q", r.After)
	case payload == nil || payload.Fields.ForName(r.Cursor) == nil:
		return nil, fmt.Errorf("type %s has no field %q", field.Type.Name(), r.Cursor)
	case r.Start != "" && query.Fields.ForName(r.Start) == nil:
		return nil, fmt.Errorf("type %s has no field %q", query.Name, r.Start)
	case r.Start != "" && r.FromStart:
		return nil, fmt.Errorf("the field begins either at the cursor of %q or at the start", r.Start)
	}
	return r, nil
}

// local is the name that an element of the feature has in this document.
func (f Feature) local(element string) string {
	if as, imported := f.Imports["@"+element]; imported {
		return as[1:]
	}
	if element == f.Name {
		return element
	}
	return f.Name + "__" + element
}
