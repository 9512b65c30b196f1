package compose

import (
	"slices"
	"strings"

	"devportal.internal/router/federation"
)

// Subgraph is the input of one subgraph: its name, the URL that the router asks, and its schema.
type Subgraph struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	SDL  string `json:"sdl"`
}

// Options vary what is composed. The zero value composes everything.
type Options struct {
	// IncludeTags, when not empty, keeps in the API only what has one of these tags; ExcludeTags hides what has one of
	// these. Both make a contract variant, in which the rest is @inaccessible.
	IncludeTags []string
	ExcludeTags []string
}

// Error is one reason why the subgraphs do not compose.
type Error = federation.Error

// Hint is something about the subgraphs that is worth knowing but stops nothing. Subgraph, Line and Column are set
// where it concerns one place.
type Hint struct {
	Code     HintCode `json:"code"`
	Message  string   `json:"message"`
	Subgraph string   `json:"subgraph,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
}

// Result is a supergraph.
type Result struct {
	// SupergraphSDL is what a router loads: every definition with the join specification's directives.
	SupergraphSDL string

	// APISDL is what clients see: no @inaccessible elements, no directives and types of the federation machinery.
	APISDL string

	Hints []Hint
}

// Compose composes subgraphs. Either the result or the errors are set. It never panics, and its result does not depend
// on the order of the subgraphs.
func Compose(subgraphs []Subgraph, options Options) (*Result, []Error) {
	sorted := slices.Clone(subgraphs)
	slices.SortStableFunc(sorted, func(a, b Subgraph) int { return strings.Compare(a.Name, b.Name) })
	if errs := checkNames(sorted); len(errs) > 0 {
		return nil, values(errs)
	}
	schemas, errs := parseAll(sorted)
	if len(errs) > 0 {
		return nil, values(errs)
	}
	m := newMerger(sorted, schemas, options)
	m.merge()
	if len(m.errs) == 0 {
		m.checkSatisfiability()
	}
	if len(m.errs) == 0 {
		m.applyContract()
	}
	if len(m.errs) > 0 {
		return nil, values(m.errs)
	}
	return &Result{SupergraphSDL: m.printSupergraph(), APISDL: m.printAPI(), Hints: m.hints}, nil
}

// parseAll takes the SDLs through federation's three steps. What can be validated is, though others do not parse.
func parseAll(subgraphs []Subgraph) ([]*federation.Schema, []*Error) {
	var errs []*Error
	schemas := make([]*federation.Schema, len(subgraphs))
	for i, sub := range subgraphs {
		schema, failed := federation.Parse(sub.Name, sub.SDL)
		schemas[i] = schema
		errs = append(errs, failed...)
	}
	if len(errs) == 0 {
		errs = federation.Upgrade(schemas)
	}
	for _, schema := range schemas {
		if schema != nil && (schema.Upgraded || !schema.IsFederation1()) {
			errs = append(errs, schema.Validate()...)
		}
	}
	return schemas, errs
}

func checkNames(sorted []Subgraph) []*Error {
	var errs []*Error
	for i, sub := range sorted {
		switch {
		case sub.Name == "_" || sub.Name == "":
			errs = append(errs, federation.Errorf(federation.ErrInvalidSubgraphName, sub.Name, nil,
				"Invalid name %q for a subgraph: this name is reserved", sub.Name))
		case i > 0 && sorted[i-1].Name == sub.Name:
			errs = append(errs, federation.Errorf(federation.ErrInvalidSubgraphName, sub.Name, nil,
				"A subgraph named %q already exists", sub.Name))
		}
	}
	return errs
}

func values(errs []*Error) []Error {
	out := make([]Error, len(errs))
	for i, err := range errs {
		out[i] = *err
	}
	return out
}
