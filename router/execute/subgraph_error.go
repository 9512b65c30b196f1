package execute

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"devportal.internal/router/internal/jsontext"
)

// subgraphError is one entry of an answer's `errors`, as far as it is of use.
type subgraphError struct {
	Message    string                     `json:"message"`
	Path       []json.RawMessage          `json:"path"`
	Extensions map[string]json.RawMessage `json:"extensions"`
}

var errErrors = errors.New("the answer's errors are not a list of objects with messages")

// parseErrors reads the text of `errors`, at most limit of them.
func parseErrors(source []byte, limit int) ([]subgraphError, error) {
	if source == nil || string(source) == "null" || string(source) == "[]" {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(source))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, errErrors
	}
	var errs []subgraphError
	for len(errs) < limit && d.More() {
		var e subgraphError
		if err := d.Decode(&e); err != nil {
			return nil, errErrors
		}
		errs = append(errs, e)
	}
	return errs, nil
}

// pendingError is a subgraph's error that waits until its place is completed, which tells its path in the client's terms.
type pendingError struct {
	at    uint32 // the object that rest starts from
	rest  []json.RawMessage
	error Error

	nowhere bool // the subgraph did not say where; error.Path is as near as is known
	told    bool
}

// place attaches each error to the object that it is about: the root, or the objects of a representation.
func (r *run) place(f *fetch, errs []subgraphError) {
	for i := range errs {
		e := &errs[i]
		report := Error{Message: e.Message, Extensions: r.p.extensions(e.Extensions, f.subgraph)}
		switch {
		case len(f.entities) > 0:
			r.placeEntityError(f, e, report)
		case len(e.Path) == 0:
			r.states[f.id].unplaced = true
			for _, at := range r.writtenBy(f) {
				r.wait(pendingError{at: at, error: report})
			}
		default:
			for _, at := range r.writtenBy(f) {
				r.wait(pendingError{at: at, rest: e.Path, error: report})
			}
		}
	}
}

// placeEntityError places an error whose path starts with the entity field and the index of a representation.
func (r *run) placeEntityError(f *fetch, e *subgraphError, report Error) {
	state := &r.states[f.id]
	if i, element, ok := representationOf(r.entitiesOf(f), e.Path); ok {
		for _, p := range state.pairs[i] {
			if p.element == element {
				r.wait(pendingError{at: p.at, rest: e.Path[2:], error: report})
			}
		}
		return
	}
	state.unplaced = true
	report.Path = f.entities[0].targets[0].place
	r.wait(pendingError{nowhere: true, error: report})
}

func representationOf(fields []*entities, path []json.RawMessage) (field int, element uint32, ok bool) {
	if len(path) < 2 {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(string(path[1]), 10, 32)
	if err != nil {
		return 0, 0, false
	}
	for i, e := range fields {
		if keyOf(path[0]) == e.responseKey {
			return i, uint32(n), true
		}
	}
	return 0, 0, false
}

// wait keeps an error for the completion, marking its object; the marker keeps the completion of others fast.
func (r *run) wait(p pendingError) {
	if len(r.pending) >= r.p.options.MaxErrors {
		r.dropped++
		return
	}
	if !p.nowhere {
		r.arena[p.at].kind = flaggedHead
	}
	r.pending = append(r.pending, p)
}

// keyOf is the response key that a path element names, "" for an index.
func keyOf(element json.RawMessage) string {
	var key string
	if json.Unmarshal(element, &key) != nil {
		return ""
	}
	return key
}

// extensions keeps the members that the options name, and adds the subgraph's name if they say so.
func (p *Program) extensions(members map[string]json.RawMessage, subgraph string) []byte {
	var out []byte
	for _, name := range p.options.Extensions {
		if v, ok := members[name]; ok {
			out = appendMember(out, name, v)
		}
	}
	if p.options.NameSubgraphs && subgraph != "" {
		out = appendMember(out, "subgraph", jsontext.AppendString(nil, subgraph))
	}
	if out == nil {
		return nil
	}
	return append(out, '}')
}

func appendMember(dst []byte, name string, v []byte) []byte {
	if dst == nil {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	return append(append(jsontext.AppendString(dst, name), ':'), v...)
}

// codeExtensions are the extensions of an error that the router raises.
func (p *Program) codeExtensions(code, subgraph string) []byte {
	out := appendMember(nil, "code", jsontext.AppendString(nil, code))
	if p.options.NameSubgraphs && subgraph != "" {
		out = appendMember(out, "subgraph", jsontext.AppendString(nil, subgraph))
	}
	return append(out, '}')
}
