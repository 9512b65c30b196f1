package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"time"

	"devportal.internal/router/compose"
	"devportal.internal/router/internal/processor"
	operations "devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

// size is that of a made-up graph: every type is an entity that two subgraphs share the fields of, and refers to the next.
type size struct{ subgraphs, types, fields int }

func sizes() []size {
	return []size{{5, 100, 10}, {10, 100, 10}, {50, 100, 10}, {10, 300, 10}, {10, 1000, 10}, {10, 100, 30}, {10, 100, 100}, {50, 1000, 10}}
}

// growth prints the processor time that composing, loading and planning take for graphs of several sizes, and planning
// for operations of several depths.
func growth(w io.Writer) error {
	fmt.Fprintln(w, "| subgraphs | types | fields a type | composing ms | loading ms | planning µs | fetches |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for _, s := range sizes() {
		if err := grow(w, s); err != nil {
			return fmt.Errorf("measuring %+v: %w", s, err)
		}
	}
	fmt.Fprintln(w, "\n| entities deep | fields | fetches | planning µs |")
	fmt.Fprintln(w, "|---|---|---|---|")
	for _, deep := range []int{1, 3, 6, 12, 24} {
		if err := deepen(w, deep); err != nil {
			return fmt.Errorf("measuring operations %d deep: %w", deep, err)
		}
	}
	return nil
}

func grow(w io.Writer, s size) error {
	inputs := s.inputs()
	var result *compose.Result
	var schema *supergraph.Schema
	composing, err := cheapest(func() error {
		made, errs := compose.Compose(inputs, compose.Options{})
		if len(errs) > 0 {
			return fmt.Errorf("composing: %v", errs[0])
		}
		result = made
		return nil
	})
	if err != nil {
		return err
	}
	loading, err := cheapest(func() (err error) {
		schema, err = supergraph.Load(result.SupergraphSDL)
		return err
	})
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	planning, fetches, err := planOften(schema, 6)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "| %d | %d | %d | %d | %d | %d | %d |\n", s.subgraphs, s.types, s.fields,
		composing.Milliseconds(), loading.Milliseconds(), planning.Microseconds(), fetches)
	return nil
}

func deepen(w io.Writer, deep int) error {
	result, errs := compose.Compose(size{10, 100, 10}.inputs(), compose.Options{})
	if len(errs) > 0 {
		return fmt.Errorf("composing: %v", errs[0])
	}
	schema, err := supergraph.Load(result.SupergraphSDL)
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	planning, fetches, err := planOften(schema, deep)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "| %d | %d | %d | %d |\n", deep, 4*deep+2, fetches, planning.Microseconds())
	return nil
}

// timesMeasured is how often something is done of which the cheapest time counts: others disturb, and none helps.
const timesMeasured = 5

// cheapest is the least processor time that do has taken.
func cheapest(do func() error) (time.Duration, error) {
	least := time.Duration(math.MaxInt64)
	for range timesMeasured {
		runtime.GC()
		before := processor.Time()
		if err := do(); err != nil {
			return 0, err
		}
		least = min(least, processor.Time()-before)
	}
	return least, nil
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

// timesPlanned is how often an operation is planned for one measurement.
const timesPlanned = 200

// planOften plans an operation some types deep, and returns what once took.
func planOften(schema *supergraph.Schema, deep int) (time.Duration, int, error) {
	text := "{ start " + strings.Repeat("{ id f0 f9 next ", deep) + "{ id } " + strings.Repeat("} ", deep) + "}"
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
	took, err := cheapest(func() error {
		for range timesPlanned {
			normalised, err := op.Normalise(nil)
			if err != nil {
				return fmt.Errorf("normalising: %w", err)
			}
			p, err := planner.Plan(context.Background(), normalised)
			if err != nil {
				return fmt.Errorf("planning: %w", err)
			}
			fetches = len(p.Fetches)
		}
		return nil
	})
	return took / timesPlanned, fetches, err
}
