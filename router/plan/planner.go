package plan

import (
	"time"

	"devportal.internal/router/supergraph"
)

// Options bounds planning. Zero fields have the defaults named.
type Options struct {
	// Alternatives is how many whole plans are tried in search of the cheapest (200), SearchSteps how many steps of work
	// they may take together (10,000). Where either ends the search, the best plan found is used.
	Alternatives int
	SearchSteps  int

	// Steps bounds the work of one attempt at a plan (200,000); beyond it planning fails with PLANNING_TOO_COMPLEX.
	Steps int

	// Deadline is how long the planning of one operation may take (500 ms); beyond it planning fails with
	// PLANNING_TIMEOUT. It does not end the search early, for plans would then depend on the clock.
	Deadline time.Duration

	// OverrideLabels are the labels of progressive overrides that are active; the label percent(100) always is.
	OverrideLabels []string

	// Now is the clock that the deadline goes by; nil is time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Alternatives == 0 {
		o.Alternatives = 200
	}
	if o.SearchSteps == 0 {
		o.SearchSteps = 10000
	}
	if o.Deadline == 0 {
		o.Deadline = 500 * time.Millisecond
	}
	if o.Steps == 0 {
		o.Steps = 200000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Planner plans operations over one supergraph. It is safe for concurrent use.
type Planner struct {
	know    *knowledge
	options Options
}

// New makes a planner.
func New(schema *supergraph.Schema, options Options) *Planner {
	return &Planner{know: newKnowledge(schema, options.OverrideLabels), options: options.withDefaults()}
}

// Error says why an operation could not be planned.
type Error struct {
	// Code is PLANNING_TIMEOUT, PLANNING_TOO_COMPLEX or, where the supergraph does not let a field be reached,
	// PLANNING_IMPOSSIBLE.
	Code    string
	Message string
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// The codes of planning errors.
const (
	CodeTimeout    = "PLANNING_TIMEOUT"
	CodeTooComplex = "PLANNING_TOO_COMPLEX"
	CodeImpossible = "PLANNING_IMPOSSIBLE"
)
