package router

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"golang.org/x/sync/singleflight"

	"devportal.internal/router/execute"
	"devportal.internal/router/introspect"
	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
	"devportal.internal/router/upstream"
)

// cacheWeight is the number of bytes of text of the documents that are kept parsed, and again of those kept planned.
const cacheWeight = 8 << 20

// graph is one supergraph, with what was made of it. Its caches need no key for the schema: they live as long as it.
type graph struct {
	options Options
	schema  *supergraph.Schema
	planner *plan.Planner

	// introspection answers from the API schema.
	introspection *introspect.Schema

	estimator *operation.Estimator
	upstream  *upstream.Set
	forwarded []string
	addresses map[string]string
	metrics   *metrics

	documents *cache[*operation.Document]
	plans     *cache[*planned]
	planning  singleflight.Group
}

// planned is an operation of a document with the plan for one set of values of its conditions. It is immutable.
type planned struct {
	operation     *operation.Operation
	normalised    *operation.Normalised
	introspection []plan.Introspection
	program       *execute.Program
	resume        resumption
}

func newGraph(sdl string, options Options, metrics *metrics, changes *atomic.Int64) (*graph, error) {
	schema, err := supergraph.Load(sdl)
	if err != nil {
		return nil, fmt.Errorf("reading the supergraph: %w", err)
	}
	subgraphs, forwarded := subgraphsOf(schema, options)
	set, err := upstream.New(upstream.Config{
		Subgraphs: subgraphs, Signer: signer(options, changes), Propagator: propagator{}, Deduplicate: options.Deduplicate,
	})
	if err != nil {
		return nil, fmt.Errorf("reaching the subgraphs: %w", err)
	}
	addresses := map[string]string{}
	for name, subgraph := range subgraphs {
		addresses[name] = subgraph.URL
	}
	return &graph{
		options: options, schema: schema, upstream: set, forwarded: forwarded, addresses: addresses, metrics: metrics,
		planner: plan.New(schema, plan.Options{Now: options.Now}),

		introspection: introspect.New(schema.API),
		estimator:     operation.NewEstimator(schema, options.Limits.ListSize),

		documents: newCache[*operation.Document](options.Limits.Plans, cacheWeight),
		plans:     newCache[*planned](options.Limits.Plans, cacheWeight),
	}, nil
}

func signer(options Options, changes *atomic.Int64) upstream.Signer {
	if !options.Deduplicate {
		return options.Signer
	}
	return sharingSigner{options.Signer, changes}
}

// subgraphsOf says how each subgraph of a supergraph is reached, and which of a client's headers any of them sees.
func subgraphsOf(schema *supergraph.Schema, options Options) (map[string]upstream.Subgraph, []string) {
	subgraphs := map[string]upstream.Subgraph{}
	var forwarded []string
	for _, subgraph := range schema.Subgraphs {
		config, named := options.Subgraphs[subgraph.Name]
		if !named {
			config = options.Subgraph
			config.URL, config.Handler = "", nil
		}
		if config.URL == "" && config.Handler == nil {
			config.URL = subgraph.URL
		}
		subgraphs[subgraph.Name] = config
		forwarded = append(forwarded, config.Forward...)
	}
	return subgraphs, forwarded
}

// document parses a document, or finds it parsed.
func (g *graph) document(text string) (*operation.Document, error) {
	if doc, known := g.documents.find(text); known {
		return doc, nil
	}
	limits := g.options.Limits
	doc, err := operation.Parse(g.schema, text, operation.Options{
		Tokens: limits.Tokens, Limits: limits.Document, Errors: limits.Errors,
	})
	if err != nil {
		return nil, err
	}
	g.documents.keep(text, doc, len(text))
	return doc, nil
}

// plan plans an operation, or finds it planned. One that several ask for at once is planned once, and for all of them
// even if the first one leaves.
func (g *graph) plan(ctx context.Context, text string, op *operation.Operation, variables *operation.Variables) (*planned, error) {
	key := op.PlanKey(variables) + "\x00" + text
	if found, known := g.plans.find(key); known {
		g.metrics.planHits.Add(1)
		return found, nil
	}
	g.metrics.planMisses.Add(1)
	result := g.planning.DoChan(key, func() (any, error) {
		made, err := g.makePlan(context.WithoutCancel(ctx), op, variables)
		if err == nil {
			g.plans.keep(key, made, len(text))
		}
		return made, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case made := <-result:
		if made.Err != nil {
			return nil, made.Err
		}
		return made.Val.(*planned), nil
	}
}

// makePlan makes a plan. A panic fails the operation that brought it about, and not the process: singleflight would let
// it end in a goroutine that nobody can recover.
func (g *graph) makePlan(ctx context.Context, op *operation.Operation, variables *operation.Variables) (_ *planned, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("planning panicked: %v\n%s", reason, debug.Stack())
		}
	}()
	normalised, err := op.Normalise(variables)
	if err != nil {
		return nil, err
	}
	made, err := g.planner.Plan(ctx, normalised)
	if err != nil {
		return nil, err
	}
	program, err := execute.New(made, execute.Options{})
	if err != nil {
		return nil, err
	}
	return &planned{
		operation:     op,
		normalised:    normalised,
		introspection: made.Introspection,
		program:       program,
		resume:        resumptionOf(normalised),
	}, nil
}

// address tells the places apart where one subgraph may be reached.
func (g *graph) address(name string) string { return g.addresses[name] }
