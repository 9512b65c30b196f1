package introspect

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
)

// maxAnswer is the number of bytes of one answer.
const maxAnswer = 16 << 20

// ErrTooLarge says that an answer would be larger than any honest one.
var ErrTooLarge = errors.New("the answer to the introspection is too large")

// Schema answers introspection. It is immutable and safe for concurrent use.
type Schema struct {
	api        *ast.Schema
	types      []*ast.Definition
	directives []*ast.DirectiveDefinition
}

// New makes a Schema of an API schema.
func New(api *ast.Schema) *Schema {
	s := &Schema{api: api}
	for _, name := range slices.Sorted(maps.Keys(api.Types)) {
		s.types = append(s.types, api.Types[name])
	}
	for _, name := range slices.Sorted(maps.Keys(api.Directives)) {
		s.directives = append(s.directives, api.Directives[name])
	}
	return s
}

// Answer appends the JSON value of a root field, __schema or __type.
func (s *Schema) Answer(out []byte, field *operation.Field, variables *operation.Variables) ([]byte, error) {
	w := &writer{schema: s, variables: variables, out: out, limit: len(out) + maxAnswer}
	if field.Name == "__schema" {
		w.object(field.Fields, w.schemaField)
	} else {
		w.definition(s.api.Types[w.text(field, "name")], field.Fields)
	}
	if w.full() {
		return nil, ErrTooLarge
	}
	return w.out, nil
}

// writer writes one answer.
type writer struct {
	schema    *Schema
	variables *operation.Variables
	out       []byte
	limit     int
}

func (w *writer) full() bool { return len(w.out) > w.limit }

// object writes an object: value writes that of a field, anything of which it does not know being null.
func (w *writer) object(fields []*operation.Field, value func(*operation.Field)) {
	w.out = append(w.out, '{')
	for at, field := range fields {
		if w.full() {
			return
		}
		if at > 0 {
			w.out = append(w.out, ',')
		}
		w.string(field.ResponseKey)
		w.out = append(w.out, ':')
		if field.Name == "__typename" {
			w.string(field.ParentType)
			continue
		}
		value(field)
	}
	w.out = append(w.out, '}')
}

// list writes a list of n items.
func (w *writer) list(n int, item func(at int)) {
	w.out = append(w.out, '[')
	for at := range n {
		if w.full() {
			return
		}
		if at > 0 {
			w.out = append(w.out, ',')
		}
		item(at)
	}
	w.out = append(w.out, ']')
}

func (w *writer) null() { w.out = append(w.out, "null"...) }

func (w *writer) bool(value bool) {
	if value {
		w.out = append(w.out, "true"...)
	} else {
		w.out = append(w.out, "false"...)
	}
}

func (w *writer) string(text string) {
	encoded, err := json.Marshal(text)
	if err != nil {
		w.null()
		return
	}
	w.out = append(w.out, encoded...)
}

// optional writes a text that may be missing.
func (w *writer) optional(text string) {
	if text == "" {
		w.null()
		return
	}
	w.string(text)
}

// text is the value of a String argument.
func (w *writer) text(field *operation.Field, name string) string {
	argument := field.Arguments.ForName(name)
	if argument == nil {
		return ""
	}
	if argument.Value.Kind != ast.Variable {
		return argument.Value.Raw
	}
	var text string
	if raw, given := w.variables.JSON(argument.Value.Raw); !given || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// deprecated is the value of includeDeprecated.
func (w *writer) deprecated(field *operation.Field) bool {
	argument := field.Arguments.ForName("includeDeprecated")
	if argument == nil {
		return false
	}
	if argument.Value.Kind == ast.Variable {
		return w.variables.Bool(argument.Value.Raw)
	}
	return argument.Value.Raw == "true"
}
