package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"devportal.internal/router/compose"
	operations "devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

// size is that of a made-up graph: every type is an entity that two subgraphs share the fields of, and refers to the next.
type size struct{ subgraphs, types, fields int }

func sizes() []size {
	return []size{{5, 100, 10}, {10, 100, 10}, {50, 100, 10}, {10, 300, 10}, {10, 1000, 10}, {10, 100, 30}, {10, 100, 100}, {50, 1000, 10}}
}

// growth prints how long composing, loading and planning take for graphs of several sizes.
func growth(w io.Writer) error {
	fmt.Fprintln(w, "| subgraphs | types | fields a type | compose ms | load ms | plan µs | fetches |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for _, s := range sizes() {
		if err := grow(w, s); err != nil {
			return fmt.Errorf("measuring %+v: %w", s, err)
		}
	}
	return nil
}

func grow(w io.Writer, s size) error {
	inputs := s.inputs()
	began := time.Now()
	result, errs := compose.Compose(inputs, compose.Options{})
	if len(errs) > 0 {
		return fmt.Errorf("composing: %v", errs[0])
	}
	composing := time.Since(began)
	began = time.Now()
	schema, err := supergraph.Load(result.SupergraphSDL)
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	loading := time.Since(began)
	planning, fetches, err := planOften(schema)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "| %d | %d | %d | %d | %d | %d | %d |\n", s.subgraphs, s.types, s.fields,
		composing.Milliseconds(), loading.Milliseconds(), planning.Microseconds(), fetches)
	return nil
}

// inputs are the subgraphs: type n has the first half of its fields in subgraph n, the others in the one after.
func (s size) inputs() []compose.Subgraph {
	texts := make([]strings.Builder, s.subgraphs)
	for i := range texts {
		texts[i].WriteString(link)
	}
	texts[0].WriteString("type Query { start: T0 }\n")
	for n := range s.types {
		first, second := n%s.subgraphs, (n+1)%s.subgraphs
		fmt.Fprintf(&texts[first], "type T%d @key(fields: \"id\") { id: ID!", n)
		fmt.Fprintf(&texts[second], "type T%d @key(fields: \"id\") { id: ID! next: T%d", n, (n+1)%s.types)
		for f := range s.fields {
			at := first
			if f >= s.fields/2 {
				at = second
			}
			fmt.Fprintf(&texts[at], " f%d: String", f)
		}
		texts[first].WriteString(" }\n")
		texts[second].WriteString(" }\n")
	}
	var inputs []compose.Subgraph
	for i := range texts {
		inputs = append(inputs, compose.Subgraph{Name: fmt.Sprintf("s%d", i), URL: "http://127.0.0.1:1", SDL: texts[i].String()})
	}
	return inputs
}

const timesPlanned = 20

// planOften plans an operation six types deep, and returns the mean.
func planOften(schema *supergraph.Schema) (time.Duration, int, error) {
	text := strings.Repeat("{ id f0 f9 next ", 6)
	text = "{ start " + text + "{ id } " + strings.Repeat("} ", 6) + "}"
	doc, err := operations.Parse(schema, text, operations.Options{})
	if err != nil {
		return 0, 0, fmt.Errorf("parsing: %w", err)
	}
	op, err := doc.Operation("")
	if err != nil {
		return 0, 0, err
	}
	planner := plan.New(schema, plan.Options{})
	fetches := 0
	began := time.Now()
	for range timesPlanned {
		normalised, err := op.Normalise(nil)
		if err != nil {
			return 0, 0, fmt.Errorf("normalising: %w", err)
		}
		p, err := planner.Plan(context.Background(), normalised)
		if err != nil {
			return 0, 0, fmt.Errorf("planning: %w", err)
		}
		fetches = len(p.Fetches)
	}
	return time.Since(began) / timesPlanned, fetches, nil
}
