package plan

import (
	"context"
	"errors"
	"time"

	"devportal.internal/router/operation"
)

// attempt is one draft of a whole plan.
type attempt struct {
	builder *builder
	merged  []*request
	cost    int
}

// search looks for the cheapest plan:
//
//  1. a first plan takes every option that looks cheapest;
//  2. then each decision on the way is turned to each of its other options, everything after it decided anew, and the
//     result kept if it is cheaper, until no turn helps or the budget is used up.
type search struct {
	planner  *Planner
	ctx      context.Context
	op       *operation.Normalised
	deadline time.Time

	tried int
	steps int
}

// Plan plans an operation. An error is an *Error, or the context's.
func (p *Planner) Plan(ctx context.Context, op *operation.Normalised) (*Plan, error) {
	best, err := p.cheapest(ctx, op)
	var impossible *Error
	if errors.As(err, &impossible) && impossible.Code == CodeImpossible && len(op.Defers) > 0 {
		best, err = p.cheapest(ctx, withoutDefers(op, allDefers(op))) // parts that cannot share a fetch may each lack a key
	}
	if err != nil {
		return nil, err
	}
	if ambiguous := best.builder.ambiguousDefers(); len(ambiguous) > 0 {
		if best, err = p.cheapest(ctx, withoutDefers(op, ambiguous)); err != nil {
			return nil, err
		}
	}
	if len(best.builder.ambiguousDefers()) > 0 {
		if best, err = p.cheapest(ctx, withoutDefers(op, allDefers(op))); err != nil {
			return nil, err
		}
	}
	return p.finish(best), nil
}

func (p *Planner) cheapest(ctx context.Context, op *operation.Normalised) (*attempt, error) {
	s := &search{planner: p, ctx: ctx, op: op, deadline: p.options.Now().Add(p.options.Deadline)}
	first, err := s.first()
	if err != nil {
		return nil, err
	}
	return s.improve(first)
}

// first finds a plan at all: where the options that look cheapest lead nowhere, the last decisions are turned first, one
// alone and then several together.
func (s *search) first() (*attempt, error) {
	a, err := s.attempt(nil)
	if err == nil || a.builder.hopeless() {
		return a, err
	}
	for _, several := range []bool{false, true} {
		if other, failed := s.turned(a, 0, several); other != nil {
			return other, failed
		}
	}
	return nil, err
}

// turned finds a plan that differs from a failed attempt in a decision from the one at floor on, or in several. It
// returns nil where there is none, and an error where looking further makes no sense.
func (s *search) turned(a *attempt, floor int, several bool) (*attempt, error) {
	for at := len(a.builder.trail) - 1; at >= floor; at-- {
		for option := 1; option < a.builder.trail[at] && !s.spent(); option++ {
			other, err := s.attempt(turn(a.builder, at, option))
			if err == nil || other.builder.hopeless() {
				return other, err
			}
			if !several {
				continue
			}
			if found, err := s.turned(other, at+1, true); found != nil {
				return found, err
			}
		}
	}
	return nil, nil
}

// improve turns decisions while that makes the plan cheaper. A plan of one request is the cheapest there is.
func (s *search) improve(best *attempt) (*attempt, error) {
	for at := 0; at < len(best.builder.trail) && best.cost >= 2*fetchCost; at++ {
		for option := range best.builder.trail[at] {
			if option == chosen(best.builder, at) {
				continue
			}
			if s.spent() {
				return best, nil
			}
			other, err := s.attempt(turn(best.builder, at, option))
			if err != nil && other.builder.interrupted {
				return nil, err
			}
			if err == nil && other.cost < best.cost {
				best = other
				break
			}
		}
	}
	return best, nil
}

func (s *search) spent() bool {
	return s.tried > s.planner.options.Alternatives || s.steps > s.planner.options.SearchSteps
}

func (s *search) attempt(choices []int) (*attempt, error) {
	s.tried++
	b := &builder{
		know: s.planner.know, op: s.op, limit: s.planner.options.Steps, choices: choices,
		entering: map[visit]bool{}, resolving: map[*value]bool{}, estimates: map[estimateKey]int{},
		interrupt: s.late,
	}
	a := &attempt{builder: b}
	err := b.build()
	s.steps += b.steps
	if err != nil {
		return a, err
	}
	a.merged = mergeRequests(b.drafts)
	a.cost = costOf(a.merged)
	return a, nil
}

// late is why planning must end now, nil as long as it need not.
func (s *search) late() error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if s.planner.options.Now().After(s.deadline) {
		return &Error{Code: CodeTimeout, Message: "planning took longer than " + s.planner.options.Deadline.String()}
	}
	return nil
}

// chosen is the option that a build took at a decision.
func chosen(b *builder, at int) int {
	if at < len(b.choices) {
		return b.choices[at]
	}
	return 0
}

// turn is the choices of a build with one decision changed, and those after it left open.
func turn(b *builder, at, option int) []int {
	choices := make([]int, at+1)
	copy(choices, b.choices)
	choices[at] = option
	return choices
}
