package router

import (
	"encoding/json"
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
	"devportal.internal/router/transport"
)

// resumption is how a subscription goes on from an event that its client knows: its root field has an argument `after`
// that takes a cursor, and its payload a field `cursor` that gives one.
type resumption struct {
	// replays says that the root field has the argument.
	replays bool

	// variable is the name of the variable that the document passes as the argument, "" when it passes none.
	variable string

	// field and cursor are the response keys of the root field and of the payload's cursor, "" if that was not selected.
	field, cursor string
}

const (
	resumeArgument = "after"
	resumeField    = "cursor"
)

func resumptionOf(op *operation.Normalised) resumption {
	if op.Kind != ast.Subscription || len(op.Fields) != 1 || op.Fields[0].Definition == nil {
		return resumption{}
	}
	root := op.Fields[0]
	if root.Definition.Arguments.ForName(resumeArgument) == nil {
		return resumption{}
	}
	r := resumption{replays: true, field: root.ResponseKey}
	if after := root.Arguments.ForName(resumeArgument); after != nil && after.Value.Kind == ast.Variable {
		r.variable = after.Value.Raw
	}
	for _, field := range root.Fields {
		if field.Name == resumeField {
			r.cursor = field.ResponseKey
		}
	}
	return r
}

// cursorOf reads the cursor out of a response; "" where there is none.
func (r resumption) cursorOf(body []byte) string {
	if r.cursor == "" {
		return ""
	}
	var response struct {
		Data map[string]map[string]json.RawMessage `json:"data"`
	}
	var cursor string
	if json.Unmarshal(body, &response) != nil || json.Unmarshal(response.Data[r.field][r.cursor], &cursor) != nil {
		return ""
	}
	return cursor
}

// resumed puts the cursor that a client came back with into the variables of its request. A client that cannot be given
// what it missed is told so.
func (r resumption) resumed(variables json.RawMessage, lastEventID string) (json.RawMessage, *transport.Refusal) {
	if r.variable == "" {
		return nil, transport.Refuse(http.StatusBadRequest, codeNotResumable,
			"Last-Event-ID needs a document that passes a variable as the argument "+resumeArgument)
	}
	values := map[string]json.RawMessage{}
	if len(variables) > 0 {
		if err := json.Unmarshal(variables, &values); err != nil {
			return nil, transport.Refuse(http.StatusBadRequest, transport.CodeBadRequest, "the variables are no JSON object")
		}
	}
	cursor, err := json.Marshal(lastEventID)
	if err != nil {
		return nil, transport.Refuse(http.StatusBadRequest, transport.CodeBadRequest, "the Last-Event-ID is no cursor")
	}
	values[r.variable] = cursor
	encoded, err := json.Marshal(values)
	if err != nil {
		return nil, transport.Refuse(http.StatusBadRequest, transport.CodeBadRequest, "the variables are no JSON object")
	}
	return encoded, nil
}
