package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"

	"devportal.internal/router/internal/jsontext"
)

// decodeRequest reads the parameters of one operation from a JSON object (GraphQL over HTTP, section 5.1). Member names
// are exact; unknown ones are left alone. All transports use it.
func (h *Handler) decodeRequest(object []byte) (*Request, *Refusal) {
	if refusal := h.checkJSON(object); refusal != nil {
		return nil, refusal
	}
	var p parameters
	if !p.read(object) {
		return nil, badParameter("the request must be a JSON object")
	}
	req := &Request{}
	switch {
	case !decodeString(p.query, &req.Query):
		return nil, badParameter("the parameter query must be a string")
	case !decodeString(p.operationName, &req.OperationName):
		return nil, badParameter("the parameter operationName must be a string")
	case !decodeObject(p.variables, &req.Variables):
		return nil, badParameter("the parameter variables must be a map")
	case !decodeObject(p.extensions, &req.Extensions):
		return nil, badParameter("the parameter extensions must be a map")
	}
	for at, id := range p.documentIDs {
		if req.DocumentID == "" && !decodeString(id, &req.DocumentID) {
			return nil, badParameter("the parameter " + documentParameters[at] + " must be a string")
		}
	}
	return req, requireDocument(req)
}

// parameters are the texts of the members of a request, nil for those that are not there. Of members with the same name
// the last one counts.
type parameters struct {
	query, operationName, variables, extensions json.RawMessage

	documentIDs [len(documentParameters)]json.RawMessage
}

// read finds the members of a valid JSON text; it says no where that is no object.
func (p *parameters) read(text []byte) bool {
	pos := jsontext.SkipSpace(text, 0)
	if text[pos] != '{' {
		return false
	}
	pos = jsontext.SkipSpace(text, pos+1)
	for text[pos] != '}' {
		end := jsontext.SkipString(text, pos)
		name, _ := jsontext.Unescape(text[pos+1 : end-1])
		start := jsontext.SkipColon(text, end)
		end = jsontext.Skip(text, start, len(text))
		p.set(name, text[start:end:end])
		if pos = jsontext.SkipSpace(text, end); text[pos] == ',' {
			pos = jsontext.SkipSpace(text, pos+1)
		}
	}
	return true
}

func (p *parameters) set(name string, value json.RawMessage) {
	switch name {
	case "query":
		p.query = value
	case "operationName":
		p.operationName = value
	case "variables":
		p.variables = value
	case "extensions":
		p.extensions = value
	default:
		if at := slices.Index(documentParameters[:], name); at >= 0 {
			p.documentIDs[at] = value
		}
	}
}

// documentParameters are what clients call the id of a document: GraphQL over HTTP, and the two habits of Relay's users.
var documentParameters = [...]string{"documentId", "doc_id", "id"}

// decodeQuery reads the parameters of one operation from a URL (GraphQL over HTTP, section 5.3).
func (h *Handler) decodeQuery(values url.Values) (*Request, *Refusal) {
	req := &Request{Query: values.Get("query"), OperationName: values.Get("operationName")}
	for _, name := range documentParameters {
		if req.DocumentID = values.Get(name); req.DocumentID != "" {
			break
		}
	}
	if refusal := h.decodeMap("variables", values, &req.Variables); refusal != nil {
		return nil, refusal
	}
	if refusal := h.decodeMap("extensions", values, &req.Extensions); refusal != nil {
		return nil, refusal
	}
	if !utf8.ValidString(req.Query) || !utf8.ValidString(req.OperationName) || !utf8.ValidString(req.DocumentID) {
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
	switch {
	case len(req.DocumentID) > maxID:
		return badParameter("the id of the document is too long")
	case req.Query == "" && req.DocumentID == "" && req.Extensions == nil:
		return badParameter("the parameter query is missing")
	}
	return nil
}

func decodeString(raw json.RawMessage, target *string) bool {
	if raw == nil || isNull(raw) {
		return true
	}
	if raw[0] != '"' {
		return false
	}
	*target, _ = jsontext.Unescape(raw[1 : len(raw)-1])
	return true
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
	case !isJSON(text, h.options.Limits.JSONDepth+1):
		return badParameter("the request is not valid JSON")
	}
	return nil
}

// isJSON says that a text is one JSON value whose nesting is at most depth.
func isJSON(text []byte, depth int) bool {
	end := jsontext.Skip(text, jsontext.SkipSpace(text, 0), depth)
	return end >= 0 && jsontext.SkipSpace(text, end) == len(text)
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
