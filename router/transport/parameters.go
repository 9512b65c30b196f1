package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"unicode/utf8"
)

// decodeRequest reads the parameters of one operation from a JSON object (GraphQL over HTTP, section 5.1). Member names
// are exact; unknown ones are left alone. All transports use it.
func (h *Handler) decodeRequest(object []byte) (*Request, *Refusal) {
	if refusal := h.checkJSON(object); refusal != nil {
		return nil, refusal
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil || members == nil {
		return nil, badParameter("the request must be a JSON object")
	}
	req := &Request{}
	switch {
	case !decodeString(members["query"], &req.Query):
		return nil, badParameter("the parameter query must be a string")
	case !decodeString(members["operationName"], &req.OperationName):
		return nil, badParameter("the parameter operationName must be a string")
	case !decodeObject(members["variables"], &req.Variables):
		return nil, badParameter("the parameter variables must be a map")
	case !decodeObject(members["extensions"], &req.Extensions):
		return nil, badParameter("the parameter extensions must be a map")
	}
	return req, requireDocument(req)
}

// decodeQuery reads the parameters of one operation from a URL (GraphQL over HTTP, section 5.3).
func (h *Handler) decodeQuery(values url.Values) (*Request, *Refusal) {
	req := &Request{Query: values.Get("query"), OperationName: values.Get("operationName")}
	if refusal := h.decodeMap("variables", values, &req.Variables); refusal != nil {
		return nil, refusal
	}
	if refusal := h.decodeMap("extensions", values, &req.Extensions); refusal != nil {
		return nil, refusal
	}
	if !utf8.ValidString(req.Query) || !utf8.ValidString(req.OperationName) {
		return nil, badParameter("the URL is not UTF-8")
	}
	return req, requireDocument(req)
}

func (h *Handler) decodeMap(name string, values url.Values, target *json.RawMessage) *Refusal {
	text := []byte(values.Get(name))
	if len(text) == 0 {
		return nil
	}
	if refusal := h.checkJSON(text); refusal != nil {
		return refusal
	}
	if !decodeObject(text, target) || !utf8.Valid(text) {
		return badParameter("the parameter " + name + " must be a map")
	}
	return nil
}

func requireDocument(req *Request) *Refusal {
	if req.Query == "" && req.Extensions == nil {
		return badParameter("the parameter query is missing")
	}
	return nil
}

func decodeString(raw json.RawMessage, target *string) bool {
	return raw == nil || isNull(raw) || json.Unmarshal(raw, target) == nil
}

func decodeObject(raw json.RawMessage, target *json.RawMessage) bool {
	if raw == nil || isNull(raw) {
		return true
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return false
	}
	*target = raw
	return true
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

func badParameter(message string) *Refusal {
	return Refuse(http.StatusBadRequest, CodeBadRequest, message)
}

// checkJSON looks at the nesting and the number of values before anything is built of them, then at the syntax.
func (h *Handler) checkJSON(text []byte) *Refusal {
	depth, values := measureJSON(text)
	switch {
	case depth > h.options.Limits.JSONDepth+1:
		return badParameter("the request is nested too deeply")
	case values > h.options.Limits.JSONValues:
		return badParameter("the request holds too many values")
	case !json.Valid(text):
		return badParameter("the request is not valid JSON")
	}
	return nil
}

// measureJSON returns the deepest nesting of a JSON text and an upper bound of its number of values, in one pass
// without allocation. What it says of invalid JSON means nothing.
func measureJSON(text []byte) (depth, values int) {
	nesting, quoted := 0, false
	for at := 0; at < len(text); at++ {
		switch char := text[at]; {
		case quoted && char == '\\':
			at++
		case char == '"':
			quoted = !quoted
		case quoted:
		case char == '[' || char == '{':
			nesting++
			values++
			depth = max(depth, nesting)
		case char == ']' || char == '}':
			nesting--
		case char == ',':
			values++
		}
	}
	return depth, values
}
