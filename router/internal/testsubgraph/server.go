package testsubgraph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Resolver answers a root field that changes something. Values are as in a Table.
type Resolver func(arguments map[string]any) any

// Config is what a Server serves.
type Config struct {
	Name  string
	SDL   string
	Table *Table

	// Implementations are the object types of each interface that this subgraph knows only as an interface object.
	Implementations map[string][]string

	// Resolvers answer root fields by "Type.field"; the table answers the others.
	Resolvers map[string]Resolver
}

// Server is one subgraph.
type Server struct {
	config   Config
	schema   *schema
	requests atomic.Int64
}

// New makes a Server of a schema that is valid.
func New(c Config) (*Server, error) {
	s, err := parseSchema(c.SDL)
	if err != nil {
		return nil, err
	}
	return &Server{config: c, schema: s}, nil
}

// Requests is how many requests there have been.
func (s *Server) Requests() int { return int(s.requests.Load()) }

// request is the body of GraphQL over HTTP.
type request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

// Answer answers a query or mutation whose request is body, without HTTP.
func (s *Server) Answer(body []byte) ([]byte, error) {
	s.requests.Add(1)
	req, err := readRequest(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	e, root, err := s.prepare(req)
	if err != nil {
		return nil, err
	}
	return json.Marshal(e.execute(root))
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	req, err := readRequest(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e, root, err := s.prepare(req)
	if err != nil {
		writeJSON(w, map[string]any{"errors": []any{map[string]any{"message": err.Error()}}})
		return
	}
	if e.operation.Operation == ast.Subscription {
		s.stream(w, e, root)
		return
	}
	writeJSON(w, e.execute(root))
}

func readRequest(body io.Reader) (*request, error) {
	d := json.NewDecoder(body)
	d.UseNumber()
	var req request
	if err := d.Decode(&req); err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return &req, nil
}

// prepare parses a request and finds the object that its operation starts from.
func (s *Server) prepare(req *request) (*execution, *node, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: req.Query})
	if err != nil {
		return nil, nil, fmt.Errorf("parsing the document: %w", err)
	}
	op := doc.Operations.ForName(req.OperationName)
	if op == nil {
		return nil, nil, fmt.Errorf("no operation %q", req.OperationName)
	}
	typename := s.schema.roots[op.Operation]
	vars := map[string]any{}
	for _, v := range op.VariableDefinitions {
		if value, ok := req.Variables[v.Variable]; ok {
			vars[v.Variable] = value
		} else if v.DefaultValue != nil {
			if vars[v.Variable], err = v.DefaultValue.Value(nil); err != nil {
				return nil, nil, fmt.Errorf("reading a default value: %w", err)
			}
		}
	}
	e := &execution{server: s, document: doc, operation: op, variables: vars}
	root := &node{typename: typename, fields: s.config.Table.root(s.config.Name, typename), isRoot: true}
	return e, root, nil
}

// Events are what a subscription whose request is body has to tell, without HTTP: the answer to each event.
func (s *Server) Events(body []byte) ([][]byte, error) {
	s.requests.Add(1)
	req, err := readRequest(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	e, root, err := s.prepare(req)
	if err != nil {
		return nil, err
	}
	return e.events(root)
}

// events has one answer for each value of the subscription's field.
func (e *execution) events(root *node) ([][]byte, error) {
	fields := e.collect(root, e.operation.SelectionSet)
	if len(fields) != 1 {
		return nil, fmt.Errorf("a subscription of %d fields", len(fields))
	}
	name := fields[0].nodes[0].Name
	values, _ := root.fields[name].([]any)
	out := make([][]byte, len(values))
	for i, value := range values {
		e.errors = nil
		at := &node{typename: root.typename, fields: Object{name: value}, isRoot: true}
		body, err := json.Marshal(e.execute(at))
		if err != nil {
			return nil, fmt.Errorf("answering an event: %w", err)
		}
		out[i] = body
	}
	return out, nil
}

// stream sends the events over HTTP.
func (s *Server) stream(w http.ResponseWriter, e *execution, root *node) {
	w.Header().Set("Content-Type", "text/event-stream")
	events, err := e.events(root)
	if err != nil {
		return
	}
	for _, body := range events {
		if _, err := fmt.Fprintf(w, "event: next\ndata: %s\n\n", body); err != nil {
			return
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	_, _ = io.WriteString(w, "event: complete\ndata:\n\n")
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// isOf says that an object of type object is an instance of typename for any subgraph.
func (s *Server) isOf(typename, object string) bool {
	return typename == object || s.schema.admits(typename, object) || slices.Contains(s.config.Implementations[typename], object)
}
