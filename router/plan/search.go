package plan

import (
	"context"

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
func (p *Planner) search(ctx context.Context, op *operation.Normalised) (*Plan, error) {
	deadline := p.options.Now().Add(p.options.Deadline)
	best, tried, err := p.first(op)
	if err != nil {
		return nil, err
	}
	for at := 0; at < len(best.builder.trail) && best.cost > fetchCost*2; at++ {
		for option := range best.builder.trail[at] {
			taken := chosen(best.builder, at)
			if option == taken {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if tried++; tried > p.options.Alternatives || p.options.Now().After(deadline) {
				return p.finish(best), nil
			}
			other, err := p.attempt(op, turn(best.builder, at, option))
			if err == nil && other.cost < best.cost {
				best = other
				break
			}
		}
	}
	return p.finish(best), nil
}

// first finds a plan at all: where the options that look cheapest lead nowhere, the last decisions are turned first.
func (p *Planner) first(op *operation.Normalised) (*attempt, int, error) {
	a, err := p.attempt(op, nil)
	if err == nil {
		return a, 0, nil
	}
	tried := 0
	for at := len(a.builder.trail) - 1; at >= 0; at-- {
		for option := 1; option < a.builder.trail[at]; option++ {
			if tried++; tried > p.options.Alternatives {
				return nil, tried, err
			}
			if other, failed := p.attempt(op, turn(a.builder, at, option)); failed == nil {
				return other, tried, nil
			}
		}
	}
	return nil, tried, err
}

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

func (p *Planner) attempt(op *operation.Normalised, choices []int) (*attempt, error) {
	b := &builder{
		know: p.know, op: op, limit: p.options.Steps, choices: choices,
		entering: map[visit]bool{}, resolving: map[*value]bool{}, estimates: map[estimateKey]int{},
	}
	a := &attempt{builder: b}
	if err := b.build(); err != nil {
		return a, err
	}
	a.merged = mergeRequests(b.drafts)
	a.cost = costOf(a.merged)
	return a, nil
}
