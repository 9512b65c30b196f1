package router

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"devportal.internal/router/budget"
	"devportal.internal/router/eventsource"
	"devportal.internal/router/operation"
	"devportal.internal/router/persisted"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
)

// Options says what a Router serves and how. Supergraph is required; everything else has a useful zero value.
type Options struct {
	// Supergraph is the supergraph SDL, as compose.Compose makes it.
	Supergraph string

	// Subgraphs says how subgraphs are reached, by the names that the supergraph gives them. One that is not named here
	// is asked over HTTP at the URL in the supergraph, as Subgraph says.
	Subgraphs map[string]upstream.Subgraph

	// Subgraph is what holds for subgraphs that Subgraphs does not name; its URL and Handler are not used.
	Subgraph upstream.Subgraph

	// EventSources are what the streams of @eventStream come from, by the names that the supergraph gives them.
	EventSources map[string]eventsource.Source

	// Signer proves to subgraphs who is asking; nil sends requests bare. Its context is the one that Authenticate
	// returned for the caller.
	Signer upstream.Signer

	// Authenticate says who is asking; nil makes everyone the same anonymous caller.
	Authenticate transport.Authenticate

	// Denied is told of what callers are refused: requests, operations and fields; nil is nobody.
	Denied transport.Denied

	// Policies says which policies callers have; nil grants none to anybody.
	Policies Policies

	// Denial is how what a caller may not have is answered, Introspection who sees what of the schema.
	Denial        DenialMode
	Introspection IntrospectionMode

	// Deduplicate says what identical requests of identical callers that are under way share.
	Deduplicate Deduplication

	// AllowedOrigins, AllowedHeaders, GraphiQL, GraphiQLQuery and MaxBatch are those of transport.Options.
	AllowedOrigins []string
	AllowedHeaders []string
	GraphiQL       bool
	GraphiQLQuery  string
	MaxBatch       int

	// OverrideLabels decides which custom labels of progressive overrides hold for a request; nil is none. Labels of the
	// form percent(x) are the router's own: a caller with an Identity always stands on the same side, one without is
	// placed anew with each request.
	OverrideLabels OverrideLabels

	// Budget limits what each caller may ask within time.
	Budget Budget

	// ReportCost puts the cost of operations into `extensions.cost` even where nothing limits it.
	ReportCost bool

	// ShowPlan says who is shown the plan of a query or mutation in `extensions.plan`, when the request's extensions ask for
	// it with `"plan": true`; nil is nobody. A plan names subgraphs and fields that clients are not shown otherwise.
	ShowPlan func(context.Context, transport.Caller) bool

	// Persisted says which documents may be named by an id or a hash, and whether others are run. Registered ones come by
	// Router.Register. Its Logger and Now are the router's own unless they are set.
	Persisted persisted.Options

	Limits Limits

	// Logger gets one line an operation; nil is silent. Documents, variables and credentials never reach it.
	Logger *slog.Logger

	// Tracer makes the spans of operations and of their fetches; nil makes none.
	Tracer trace.Tracer

	// Now is the clock; nil is time.Now.
	Now func() time.Time

	// Random places requests of nobody in particular for percent(x), between 0 and 1; nil is math/rand.
	Random func() float64
}

// Budget limits what each caller may ask within time, by a bucket of points: an operation takes what it is estimated to
// cost, and gives back what it did not come to. The zero Budget limits nothing.
type Budget struct {
	// Bucket is the bucket of callers for whom Of, if there is one, has no other.
	budget.Bucket

	// Of is the bucket of a caller, by what Authenticate put into the context.
	Of func(ctx context.Context) budget.Bucket

	// Account says whose bucket it is; nil means the caller's identity, or the address of callers without one.
	Account func(req *transport.Request) string

	// Shared counts for all replicas of the router; nil counts in this process alone.
	Shared budget.Counter
}

// Limits bounds what operations may cost. Zero fields have the defaults named.
type Limits struct {
	// Transport bounds bodies, sockets and time.
	Transport transport.Limits

	// Tokens is the number of lexical tokens of a document (15,000), counted before it is parsed.
	Tokens int

	// Document bounds documents once their fragments are expanded.
	Document operation.Limits

	// Cost is the estimated cost (operation.Estimator) that one operation may have; 0 means any, or a bucket full. ListSize is the size of
	// lists of which the schema says nothing (10).
	Cost     int
	ListSize int

	// Errors is how many errors an answer lists before its execution (5).
	Errors int

	// Plans is how many documents and plans are kept (1,000).
	Plans int

	// LiveQueue is the number of bytes of events that wait for one slow subscriber (1 MB).
	LiveQueue int

	// LiveResume is how long, in waits between attempts, a live operation whose source is away is tried to be gone on with
	// (30 s).
	LiveResume time.Duration

	// Live is how many live operations run upstream at once (10,000).
	Live int
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = randomPlace
	}
	if o.Limits.ListSize == 0 {
		o.Limits.ListSize = 10
	}
	if o.Limits.Plans == 0 {
		o.Limits.Plans = 1_000
	}
	if o.Persisted.Logger == nil {
		o.Persisted.Logger = o.Logger
	}
	if o.Persisted.Now == nil {
		o.Persisted.Now = o.Now
	}
	return o
}

// Deduplication says what is shared among identical requests of identical callers that are under way: the answers of whole
// queries, and those of the queries that are sent to a subgraph. A query that is sent after a mutation or an event was answered
// is not given an answer begun before.
type Deduplication struct {
	Queries bool
	Fetches bool
}

// priced says that somebody asks for the cost of operations.
func (o Options) priced() bool {
	return o.ReportCost || o.Limits.Cost > 0 || o.Budget.Of != nil || !o.Budget.Unlimited()
}

func (o Options) transport() transport.Options {
	return transport.Options{
		Authenticate:   o.Authenticate,
		Denied:         o.Denied,
		AllowedOrigins: o.AllowedOrigins, AllowedHeaders: o.AllowedHeaders,
		GraphiQL:      o.GraphiQL,
		GraphiQLQuery: o.GraphiQLQuery,
		MaxBatch:      o.MaxBatch,
		Limits:        o.Limits.Transport,
		Logger:        o.Logger,
		Now:           o.Now,
	}
}
