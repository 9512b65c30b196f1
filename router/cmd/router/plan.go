package main

import (
	"context"
	"fmt"
	"os"

	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

// planCommand shows the plan of an operation.
type planCommand struct {
	Supergraph string   `help:"File with the supergraph." required:"" placeholder:"FILE"`
	Operation  string   `help:"File with the operation." required:"" placeholder:"FILE"`
	Name       string   `help:"Name of the operation, where the file has several." placeholder:"NAME"`
	Variables  string   `help:"Values of variables as a JSON object; those of @skip and @include shape the plan." default:"{}" placeholder:"JSON"`
	Labels     []string `name:"override-labels" help:"Labels of progressive overrides that hold." placeholder:"LABEL"`
	Format     string   `help:"text or json." enum:"text,json" default:"text"`
}

// Run plans and prints.
func (c *planCommand) Run(ctx context.Context, p process) error {
	made, err := c.plan(ctx)
	if err != nil {
		return err
	}
	if c.Format == "text" {
		_, err := fmt.Fprint(p.out, plan.Text(made))
		return err
	}
	text, err := plan.JSON(made)
	if err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	_, err = fmt.Fprintf(p.out, "%s\n", text)
	return err
}

func (c *planCommand) plan(ctx context.Context) (*plan.Plan, error) {
	sdl, err := os.ReadFile(c.Supergraph)
	if err != nil {
		return nil, fmt.Errorf("reading the supergraph: %w", err)
	}
	text, err := os.ReadFile(c.Operation)
	if err != nil {
		return nil, fmt.Errorf("reading the operation: %w", err)
	}
	schema, err := supergraph.Load(string(sdl))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Supergraph, err)
	}
	doc, err := operation.Parse(schema, string(text), operation.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Operation, err)
	}
	op, err := doc.Operation(c.Name)
	if err != nil {
		return nil, err
	}
	normalised, err := c.normalise(op)
	if err != nil {
		return nil, err
	}
	return plan.New(schema, plan.Options{OverrideLabels: c.Labels}).Plan(ctx, normalised)
}

// normalise applies @skip and @include. Variables that have no value here are only an error where those need them.
func (c *planCommand) normalise(op *operation.Operation) (*operation.Normalised, error) {
	if len(op.Conditions) == 0 {
		return op.Normalise(nil)
	}
	variables, err := op.CoerceVariables([]byte(c.Variables))
	if err != nil {
		return nil, fmt.Errorf("reading --variables: %w", err)
	}
	return op.Normalise(variables)
}
