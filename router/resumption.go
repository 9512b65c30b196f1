package router

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/execute"
	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
	"devportal.internal/router/upstream"
)

// resumption is how a subscription whose field is @resumable goes on from an event that is known. The router asks
// upstream for the cursor of every event and passes the place to begin at in a variable of its own, whatever the client's
// document selects and passes.
//
//	the client's      subscription       { changed(filter: $f)            { name } }
//	what is planned   subscription       { changed(filter: $f, after: $_) { name _cursor: cursor } }
type resumption struct {
	*supergraph.Resumable

	// given is the value that the client's document passes as the cursor, nil for none.
	given *ast.Value

	// variable is the name of the router's own variable.
	variable string

	// path are the keys of the root field and of the cursor in what upstream answers.
	path [2]string
}

// resumes says that the operation can go on from an event.
func (r resumption) resumes() bool { return r.Resumable != nil }

// resumptionOf finds out whether an operation can be resumed, and returns the one to plan: with the cursor selected.
func resumptionOf(schema *supergraph.Schema, op *operation.Normalised) (resumption, *operation.Normalised) {
	if op.Kind != ast.Subscription || len(op.Fields) != 1 || op.Fields[0].Definition == nil {
		return resumption{}, op
	}
	root := *op.Fields[0]
	live := schema.Resumable(root.Name)
	definition := schema.Field(op.Root, root.Name)
	if live == nil || definition == nil {
		return resumption{}, op
	}
	r := resumption{Resumable: live, variable: freeName("_after", func(name string) bool { return op.Variables[name] != nil })}
	root.Arguments = slices.DeleteFunc(slices.Clone(root.Arguments), func(a *ast.Argument) bool {
		if a.Name == live.After {
			r.given = a.Value
		}
		return a.Name == live.After
	})
	root.Arguments = append(root.Arguments, &ast.Argument{Name: live.After, Value: &ast.Value{Kind: ast.Variable, Raw: r.variable}})
	root.ArgumentsKey = supergraph.ArgumentsKey(root.Arguments)
	payload := definition.Type.Name()
	hidden := freeName("_cursor", func(key string) bool {
		return slices.ContainsFunc(root.Fields, func(f *operation.Field) bool { return f.ResponseKey == key })
	})
	root.Fields = append(slices.Clone(root.Fields), &operation.Field{
		ResponseKey: hidden, Name: live.Cursor, ParentType: payload, Definition: schema.Field(payload, live.Cursor), Position: root.Position,
	})
	r.path[1] = hidden
	next := *op
	next.Fields = []*operation.Field{&root}
	next.Variables = map[string]*ast.VariableDefinition{
		r.variable: {Variable: r.variable, Type: definition.Arguments.ForName(live.After).Type},
	}
	for name, variable := range op.Variables {
		next.Variables[name] = variable
	}
	return r, &next
}

func freeName(name string, taken func(string) bool) string {
	for taken(name) {
		name += "_"
	}
	return name
}

// hide takes the cursor that the client did not ask for out of a plan's response, and notes where upstream answers it. A
// cursor that comes from elsewhere than the event cannot be relied on: false.
func (r *resumption) hide(p *plan.Plan) bool {
	if len(p.Shape.Fields) != 1 || p.Shape.Fields[0].Object == nil || len(p.Fetches) == 0 {
		return false
	}
	field := &p.Shape.Fields[0]
	key := ""
	field.Object.Fields = slices.DeleteFunc(field.Object.Fields, func(f plan.FieldShape) bool {
		if f.ResponseKey == r.path[1] {
			key = f.StoreKey
		}
		return f.ResponseKey == r.path[1]
	})
	r.path = [2]string{field.StoreKey, key}
	for _, selection := range p.Fetches[0].Selections {
		if selection.Key == field.StoreKey {
			return slices.ContainsFunc(selection.Sub, func(s plan.Selection) bool { return s.Key == key })
		}
	}
	return false
}

// cursorOf reads the cursor out of an event as upstream sent it; "" where there is none.
func (r resumption) cursorOf(event []byte) string {
	if !r.resumes() {
		return ""
	}
	var response struct {
		Data map[string]map[string]json.RawMessage `json:"data"`
	}
	var cursor string
	if json.Unmarshal(event, &response) != nil || json.Unmarshal(response.Data[r.path[0]][r.path[1]], &cursor) != nil {
		return ""
	}
	return cursor
}

// begins is the cursor that a client's request asks to go on after, "" where it asks for none.
func (r resumption) begins(variables *operation.Variables, lastEventID string) string {
	if lastEventID != "" {
		return lastEventID
	}
	if r.given == nil {
		return ""
	}
	if r.given.Kind != ast.Variable {
		if r.given.Kind == ast.NullValue {
			return ""
		}
		return r.given.Raw
	}
	var cursor string
	value, _ := variables.JSON(r.given.Raw)
	_ = json.Unmarshal(value, &cursor) // a variable without a value, or null, leaves it empty
	return cursor
}

// places says that the variable serves only to pass the cursor, so that two who differ in it ask for the same stream.
func (r resumption) places(variable, document string) bool {
	const declaredAndPassed = 2
	return r.given != nil && r.given.Kind == ast.Variable && r.given.Raw == variable &&
		bytes.Count([]byte(document), []byte("$"+variable)) == declaredAndPassed
}

// pass adds the cursor to the variables of the request that opens the stream.
func (r resumption) pass(values execute.Variables, cursor string) {
	if r.resumes() && cursor != "" {
		encoded, _ := json.Marshal(cursor)
		values[r.variable] = encoded
	}
}

// interrupted are the codes of errors by which a subgraph says that it cannot go on now, and that the stream may be gone
// on with later or elsewhere.
var interrupted = []string{"SUBSCRIBER_SLOW", "SLOW_READER", "UNAVAILABLE", "SHUTTING_DOWN"} //nolint:gochecknoglobals // constant

// interruption reads an event that says only that the stream cannot go on now; nil for any other.
func interruption(subgraph string, event []byte) error {
	if !bytes.Contains(event, []byte(`"errors"`)) {
		return nil
	}
	var response struct {
		Data   map[string]json.RawMessage `json:"data"`
		Errors []struct {
			Message    string `json:"message"`
			Extensions struct {
				Code string `json:"code"`
			} `json:"extensions"`
		} `json:"errors"`
	}
	if json.Unmarshal(event, &response) != nil || len(response.Errors) != 1 || response.Data != nil {
		return nil
	}
	if code := response.Errors[0].Extensions.Code; slices.Contains(interrupted, code) {
		return &upstream.Error{Subgraph: subgraph, Reason: upstream.Interrupted, Err: interruptedError(code)}
	}
	return nil
}

// interruptedError is the code by which a subgraph ended a stream.
type interruptedError string

func (e interruptedError) Error() string { return "the subgraph ended the stream: " + string(e) }
