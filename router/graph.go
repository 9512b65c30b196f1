package router

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/singleflight"

	"devportal.internal/router/access"
	"devportal.internal/router/execute"
	"devportal.internal/router/internal/cache"
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
	// overrides has the planners: one for each set of labels that hold.
	overrides *overrides

	// rules say who may have what of it.
	rules *rules

	estimator *operation.Estimator
	upstream  *upstream.Set
	forwarded []string
	addresses map[string]string
	metrics   *metrics

	documents *cache.Cache[*document]
	plans     *cache.Cache[*planned]
	making    singleflight.Group
}

// planned is an operation of a document with the plan for one set of values of its conditions. It is immutable.
type planned struct {
	operation     *operation.Operation
	normalised    *operation.Normalised
	prices        *operation.Prices
	introspection []plan.Introspection
	resume        resumption
	made          *plan.Plan

	// events is nil where events come from a subgraph.
	events *eventTrigger

	// program is nil where nothing is to be answered because of what is denied.
	program *execute.Program
	denied  []access.Denied
}

// document is a parsed document, with the demands that decide on what of each of its operations is denied.
type document struct {
	*operation.Document
	touched map[string]access.Touched
}

func newGraph(sdl string, options Options, metrics *metrics, changes *atomic.Int64) (*graph, error) {
	schema, err := supergraph.Load(sdl)
	if err != nil {
		return nil, fmt.Errorf("reading the supergraph: %w", err)
	}
	asked, err := access.New(schema)
	if err != nil {
		return nil, fmt.Errorf("reading the supergraph: %w", err)
	}
	if err := checkEventSources(schema, options); err != nil {
		return nil, fmt.Errorf("reading the supergraph: %w", err)
	}
	subgraphs, forwarded := subgraphsOf(schema, options)
	set, err := upstream.New(upstream.Config{
		Subgraphs: subgraphs, Signer: signer(options, changes), Propagator: propagator{}, Deduplicate: options.Deduplicate.Fetches,
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
		overrides: newOverrides(schema, options),

		rules:     newRules(asked, options),
		estimator: operation.NewEstimator(schema, options.Limits.ListSize),

		documents: cache.New[*document](options.Limits.Plans, cacheWeight),
		plans:     cache.New[*planned](options.Limits.Plans, cacheWeight),
	}, nil
}

func signer(options Options, changes *atomic.Int64) upstream.Signer {
	if !options.Deduplicate.Fetches {
		return options.Signer
	}
	return sharingSigner{options.Signer, changes}
}

// subgraphsOf says how each subgraph of a supergraph is reached, and which of a client's headers any of them sees.
func subgraphsOf(schema *supergraph.Schema, options Options) (map[string]upstream.Subgraph, []string) {
	subgraphs := map[string]upstream.Subgraph{}
	var forwarded []string
	for _, subgraph := range schema.Subgraphs {
		if subgraph.Events != nil {
			continue
		}
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

// parsing is how documents are parsed.
func (g *graph) parsing() operation.Options {
	limits := g.options.Limits
	return operation.Options{Tokens: limits.Tokens, Limits: limits.Document, Errors: limits.Errors}
}

// document parses a document, or finds it parsed.
func (g *graph) document(text string) (*document, error) {
	if doc, known := g.documents.Find(text); known {
		return doc, nil
	}
	parsed, err := operation.Parse(g.schema, text, g.parsing())
	if err != nil {
		return nil, err
	}
	doc := &document{Document: parsed, touched: map[string]access.Touched{}}
	for _, of := range parsed.Query.Operations {
		doc.touched[of.Name] = g.rules.Touched(of)
	}
	g.documents.Keep(text, doc, len(text))
	return doc, nil
}

// planning is what a plan depends on beside the supergraph: the operation, those variables that shape it, those of the
// caller's rights that decide on what of it is denied, and the overrides that hold.
type planning struct {
	text      string
	operation *operation.Operation
	variables *operation.Variables
	rights    access.Rights
	touched   access.Touched

	// labels are those of progressive overrides that hold, sorted.
	labels []string
}

func (p planning) key() string {
	key := p.operation.PlanKey(p.variables) + "\x00" + p.rights.KeyFor(p.touched) + "\x00" + p.text
	if len(p.labels) > 0 {
		key = strings.Join(p.labels, "\x00") + "\x00\x00" + key
	}
	return key
}

// plan plans an operation, or finds it planned. One that several ask for at once is planned once, and for all of them
// even if the first one leaves.
func (g *graph) plan(ctx context.Context, p planning) (*planned, error) {
	key := p.key()
	if found, known := g.plans.Find(key); known {
		g.metrics.planHits.Add(1)
		return found, nil
	}
	g.metrics.planMisses.Add(1)
	result := g.making.DoChan(key, func() (any, error) {
		made, err := g.makePlan(context.WithoutCancel(ctx), p)
		if err == nil {
			g.plans.Keep(key, made, len(p.text))
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
func (g *graph) makePlan(ctx context.Context, p planning) (_ *planned, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("planning panicked: %v\n%s", reason, debug.Stack())
		}
	}()
	normalised, err := p.operation.Normalise(p.variables)
	if err != nil {
		return nil, err
	}
	normalised, denied := g.rules.Filter(normalised, p.rights)
	if len(denied) > 0 && (g.options.Denial != DenyFields || access.IsSilent(normalised)) {
		return &planned{operation: p.operation, normalised: normalised, denied: denied}, nil
	}
	resume, made, err := g.planResumable(ctx, g.overrides.planner(p.labels), normalised)
	if err != nil {
		return nil, err
	}
	events, err := eventTriggerOf(g.schema, made, resume)
	if err != nil {
		return nil, err
	}
	program, err := execute.New(made, execute.Options{})
	if err != nil {
		return nil, err
	}
	return &planned{
		operation:     p.operation,
		normalised:    normalised,
		denied:        denied,
		prices:        g.prices(normalised),
		introspection: made.Introspection,
		program:       program,
		resume:        resume,
		made:          made,
		events:        events,
	}, nil
}

// planResumable plans an operation so that it can be resumed, where its field and its subgraph allow that.
func (g *graph) planResumable(ctx context.Context, planner *plan.Planner, op *operation.Normalised) (resumption, *plan.Plan, error) {
	resume, extended := resumptionOf(g.schema, op)
	if resume.resumes() {
		made, err := planner.Plan(ctx, extended)
		if err != nil || resume.hide(made) {
			return resume, made, err
		}
	}
	made, err := planner.Plan(ctx, op)
	return resumption{}, made, err
}

// prices are what an operation costs, nil where nobody asks.
func (g *graph) prices(op *operation.Normalised) *operation.Prices {
	if !g.options.priced() {
		return nil
	}
	return g.estimator.Prices(op)
}

// address tells the places apart where one subgraph may be reached.
func (g *graph) address(name string) string { return g.addresses[name] }
