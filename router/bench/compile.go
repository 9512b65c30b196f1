package main

import (
	"context"
	"fmt"

	"devportal.internal/router/compose"
	"devportal.internal/router/execute"
	operations "devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

// supergraphSDL composes the four subgraphs, all at one address.
func supergraphSDL(address string) (string, error) {
	var inputs []compose.Subgraph
	for _, name := range names() {
		inputs = append(inputs, compose.Subgraph{Name: name, URL: "http://" + address + "/" + name, SDL: sdl(name)})
	}
	result, errs := compose.Compose(inputs, compose.Options{})
	if len(errs) > 0 {
		return "", fmt.Errorf("composing: %v", errs[0])
	}
	return result.SupergraphSDL, nil
}

// planned plans the operation and compiles the plan.
func planned(sdl string) (*plan.Plan, *execute.Program, error) {
	schema, err := supergraph.Load(sdl)
	if err != nil {
		return nil, nil, fmt.Errorf("loading: %w", err)
	}
	doc, err := operations.Parse(schema, operation, operations.Options{})
	if err != nil {
		return nil, nil, fmt.Errorf("parsing: %w", err)
	}
	op, err := doc.Operation("")
	if err != nil {
		return nil, nil, err
	}
	normalised, err := op.Normalise(nil)
	if err != nil {
		return nil, nil, fmt.Errorf("normalising: %w", err)
	}
	p, err := plan.New(schema, plan.Options{}).Plan(context.Background(), normalised)
	if err != nil {
		return nil, nil, fmt.Errorf("planning: %w", err)
	}
	program, err := execute.New(p, execute.Options{})
	return p, program, err
}
