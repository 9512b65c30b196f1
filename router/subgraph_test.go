package router_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"devportal.internal/router/compose"
)

// subgraph answers requests from plain values: a field is a member of its parent's map, or a function of its arguments.
type subgraph struct {
	root     map[string]any
	entities map[string]func(representation map[string]any) any

	// events gives what a subscription sends, until it is closed.
	events func() (<-chan any, func())

	mu       sync.Mutex
	requests []string
	values   []map[string]any
	headers  []http.Header
}

// breakOff is an event that breaks the connection.
const breakOff = "break off"

type resolver func(arguments map[string]any) any

func (s *subgraph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var req struct {
		Query     string
		Variables map[string]any
	}
	if err := json.Unmarshal(body, &req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests, s.headers = append(s.requests, req.Query), append(s.headers, r.Header.Clone())
	s.values = append(s.values, req.Variables)
	s.mu.Unlock()
	doc, err := parser.ParseQuery(&ast.Source{Input: req.Query})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	op := doc.Operations[0]
	if op.Operation == ast.Subscription {
		s.serveEvents(w, r, op, req.Variables)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": s.object(s.root, op.SelectionSet, req.Variables)})
}

func (s *subgraph) serveEvents(w http.ResponseWriter, r *http.Request, op *ast.OperationDefinition, variables map[string]any) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	flusher := w.(http.Flusher)
	flusher.Flush()
	events, stop := s.events()
	defer stop()
	for {
		select {
		case event, more := <-events:
			if !more {
				fmt.Fprint(w, "event: complete\ndata: \n\n")
				flusher.Flush()
				return
			}
			if event == breakOff {
				panic(http.ErrAbortHandler)
			}
			field := op.SelectionSet[0].(*ast.Field)
			data := map[string]any{"data": map[string]any{field.Alias: s.value(event, field, variables)}}
			text, _ := json.Marshal(data)
			fmt.Fprintf(w, "event: next\ndata: %s\n\n", text)
			flusher.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func (s *subgraph) object(from map[string]any, set ast.SelectionSet, variables map[string]any) map[string]any {
	out := map[string]any{}
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			out[selection.Alias] = s.field(from, selection, variables)
		case *ast.InlineFragment:
			if on := selection.TypeCondition; on == "" || from["__typename"] == nil || on == from["__typename"] {
				for key, value := range s.object(from, selection.SelectionSet, variables) {
					out[key] = value
				}
			}
		}
	}
	return out
}

func (s *subgraph) field(from map[string]any, field *ast.Field, variables map[string]any) any {
	arguments := map[string]any{}
	for _, argument := range field.Arguments {
		arguments[argument.Name], _ = argument.Value.Value(variables)
	}
	value := from[field.Name]
	if field.Name == "_entities" {
		var found []any
		for _, representation := range arguments["representations"].([]any) {
			of := representation.(map[string]any)
			found = append(found, s.entities[of["__typename"].(string)](of))
		}
		value = found
	}
	if resolve, ok := value.(resolver); ok {
		value = resolve(arguments)
	}
	return s.value(value, field, variables)
}

func (s *subgraph) value(value any, field *ast.Field, variables map[string]any) any {
	switch value := value.(type) {
	case map[string]any:
		return s.object(value, field.SelectionSet, variables)
	case []any:
		list := make([]any, len(value))
		for at, item := range value {
			list[at] = s.value(item, field, variables)
		}
		return list
	}
	return value
}

func (s *subgraph) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// variables are those of the request of that number.
func (s *subgraph) variables(at int) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[at]
}

// composed composes subgraph schemas, which need no @link line of their own.
func composed(t testing.TB, schemas map[string]string) string {
	t.Helper()
	var inputs []compose.Subgraph
	for name, sdl := range schemas {
		link := `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable", "@inaccessible", "@override", "@composeDirective"])` + "\n"
		inputs = append(inputs, compose.Subgraph{Name: name, URL: "http://" + name + ".invalid/graphql", SDL: link + sdl})
	}
	result, errs := compose.Compose(inputs, compose.Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return strings.TrimSpace(result.SupergraphSDL)
}
