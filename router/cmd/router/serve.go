package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"devportal.internal/router"
	"devportal.internal/router/operation"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
)

// serveCommand serves a supergraph. Its fields are the settings.
type serveCommand struct {
	Supergraph  string            `help:"Supergraph: a file, or a URL." required:"" placeholder:"FILE|URL"`
	Listen      string            `help:"Address to serve clients on." default:"127.0.0.1:4000"`
	AdminListen string            `help:"Address to serve operators on; by default the same host, next port." placeholder:"ADDRESS"`
	Config      string            `help:"YAML file with settings." placeholder:"FILE"`
	SubgraphURL map[string]string `name:"subgraph-url" help:"Where a subgraph is reached, in place of the supergraph's URL." placeholder:"NAME=URL"`
	Reload      time.Duration     `help:"How often the supergraph is read again; 0 reads it once." default:"10s"`
	Drain       time.Duration     `help:"How long clients are still served after SIGTERM, while they are asked to go." default:"1s"`
	Grace       time.Duration     `help:"How long operations may take to end after SIGTERM." default:"20s"`
	LogLevel    slog.Level        `help:"debug, info, warn or error." default:"info"`

	AllowedOrigins []string `help:"Origins of pages on other sites that may ask."`
	GraphiQL       bool     `name:"graphiql" help:"Serve GraphiQL to browsers." default:"true" negatable:""`
	MaxBatch       int      `help:"Operations that a batch may hold; 0 refuses batches." default:"0"`
	Introspection  string   `help:"Who is shown the schema, and at /schema.graphql: by-role (everybody the part they may use), signed-in (nobody else), off." enum:"by-role,signed-in,off" default:"by-role"`
	Denied         string   `help:"How what a caller may not have is answered: fields (null with an error), operations (refused), names (refused as if there were no such field)." enum:"fields,operations,names" default:"fields"`

	Forward      []string      `help:"Names of the client's headers that subgraphs get to see."`
	Timeout      time.Duration `help:"How long a subgraph may take." default:"30s"`
	Retries      int           `help:"How often a query is sent again that a subgraph could not be reached for." default:"0"`
	Breaker      int           `help:"Failures in a row after which a subgraph is left alone for a while; 0 is 20, a negative number never." default:"0"`
	BreakerPause time.Duration `help:"How long such a subgraph is left alone, until one request tries it; 0 is 5s." default:"0"`
	Deduplicate  deduplicate   `embed:"" prefix:"deduplicate-"`
	Labels       []string      `name:"override-labels" help:"Custom labels of progressive overrides that hold; percent(x) is decided by request."`
	Stream       string        `help:"Protocol of subscriptions to subgraphs: sse or graphql-transport-ws." enum:"sse,graphql-transport-ws" default:"sse"`

	Redis string `help:"Redis that replicas share budgets and persisted queries through (redis://, rediss://, unix://)." placeholder:"URL"`

	EventSources map[string]string `help:"Redis, NATS and Kafka servers whose streams are events (@eventStream), by the names that the supergraph gives them: redis://, rediss://, unix://, nats://, tls://, kafka:// or kafkas://." placeholder:"NAME=URL"`

	Cost      bool              `help:"Put the cost of every operation into extensions.cost; on where there is a budget." default:"false"`
	ShowPlans bool              `help:"Put the plan of an operation into extensions.plan for every client whose request's extensions have plan: true. For development: a plan names subgraphs and hidden fields." default:"false"`
	Budget    budgetSettings    `embed:"" prefix:"budget-"`
	Persisted persistedSettings `embed:"" prefix:"persisted-"`
	JWT       jwtSettings       `embed:"" prefix:"jwt-"`
	Limits    limitSettings     `embed:"" prefix:"limits-"`
}

// deduplicate is router.Deduplication as settings.
type deduplicate struct {
	Queries bool `help:"Share the answers of identical queries of one caller that are under way." default:"true" negatable:""`
	Fetches bool `help:"Share the answers of identical requests to a subgraph that are under way." default:"true" negatable:""`
}

// limitSettings are the limits that may be set; 0 is the router's own default.
type limitSettings struct {
	Body             int64         `help:"Bytes of a request; 0 is 2 MB." default:"0"`
	Tokens           int           `help:"Tokens of a document; 0 is 15,000." default:"0"`
	Depth            int           `help:"Nesting of fields; 0 is 50." default:"0"`
	Recursion        int           `help:"Nesting of a document as written; 0 is 500." default:"0"`
	Selections       int           `help:"Fields of a document once fragments are expanded; 0 is 20,000." default:"0"`
	Aliases          int           `help:"Aliases of an operation; 0 is 1,000." default:"0"`
	RootFields       int           `help:"Root fields of an operation; 0 is 200." default:"0"`
	Directives       int           `help:"Directives of an operation; 0 is 500." default:"0"`
	Cost             int           `help:"Estimated cost of one operation; 0 allows any, or a bucket full." default:"0"`
	ListSize         int           `help:"Size of lists that @listSize does not tell of, for the estimate; 0 is 10." default:"0"`
	Errors           int           `help:"Errors listed in an answer; 0 is 5." default:"0"`
	Plans            int           `help:"Plans that are kept; 0 is 1,000." default:"0"`
	Operation        time.Duration `help:"Time of a query or mutation; 0 is 30s." default:"0"`
	Init             time.Duration `help:"Time until a websocket's connection_init; 0 is 5s." default:"0"`
	Sockets          int           `help:"Websockets at once; 0 is 20,000." default:"0"`
	SocketsPerCaller int           `help:"Websockets of one caller at once; 0 is 1,000." default:"0"`
	Admissions       int           `help:"Websockets that may be opened in a second; 0 is 1,000." default:"0"`
	LiveResume       time.Duration `help:"Time until a live operation whose source is away ends; 0 is 30s." default:"0"`
	SocketOperations int           `help:"Operations on a websocket at once; 0 is 100." default:"0"`
	LiveQueue        int           `help:"Bytes of events that wait for one subscriber; 0 is 1 MB." default:"0"`
	Live             int           `help:"Live operations at once; 0 is 10,000." default:"0"`
	SubgraphResponse int64         `help:"Bytes of a subgraph's answer; 0 is 32 MB." default:"0"`
}

func (l limitSettings) limits() router.Limits {
	return router.Limits{
		Transport: transport.Limits{
			Body: l.Body, Operation: l.Operation, Init: l.Init,
			Sockets: l.Sockets, SocketsPerCaller: l.SocketsPerCaller, Admissions: l.Admissions, SocketOperations: l.SocketOperations,
		},
		Tokens: l.Tokens,
		Document: operation.Limits{
			Recursion: l.Recursion, Depth: l.Depth, Selections: l.Selections,
			Aliases: l.Aliases, Directives: l.Directives, RootFields: l.RootFields,
		},
		Cost: l.Cost, ListSize: l.ListSize,
		Errors: l.Errors, Plans: l.Plans, LiveQueue: l.LiveQueue, LiveResume: l.LiveResume, Live: l.Live,
	}
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, p process) error {
	logger := slog.New(slog.NewJSONHandler(p.err, &slog.HandlerOptions{Level: c.LogLevel}))
	if err := c.check(); err != nil {
		return err
	}
	source := &source{place: c.Supergraph}
	sdl, err := source.read(ctx)
	if err != nil {
		return err
	}
	options := c.options(sdl, logger)
	shared, err := c.share(&options)
	if err != nil {
		return err
	}
	defer func() { _ = shared.Close() }()
	events, err := eventSources(c.EventSources)
	if err != nil {
		return err
	}
	defer events.close()
	options.EventSources = events.named()
	tokens, err := c.JWT.verifier(ctx, &options, logger)
	if err != nil {
		return err
	}
	r, err := router.New(options)
	if err != nil {
		return err
	}
	registered, err := c.Persisted.register(r)
	if err != nil {
		return err
	}
	server, err := c.listen(r, p, logger)
	if err != nil {
		return err
	}
	var watched sync.WaitGroup
	watched.Go(func() { source.watch(ctx, c.Reload, r, logger) })
	if registered != nil && c.Reload > 0 {
		watched.Go(func() { registered.Watch(ctx, c.Reload, r.Register, logger) })
	}
	if tokens != nil && c.JWT.Refresh > 0 {
		watched.Go(func() { tokens.Watch(ctx, c.JWT.Refresh) })
	}
	err = server.serve(ctx, c.Drain, c.Grace)
	watched.Wait()
	return err
}

func (c *serveCommand) options(sdl string, logger *slog.Logger) router.Options {
	subgraph := upstream.Subgraph{
		Forward: c.Forward, Timeout: c.Timeout, Retries: c.Retries, Breaker: c.Breaker, BreakerPause: c.BreakerPause,
		Streams: upstream.StreamProtocol(c.Stream), MaxResponseBytes: c.Limits.SubgraphResponse,
	}
	named := map[string]upstream.Subgraph{}
	for name, url := range c.SubgraphURL {
		of := subgraph
		of.URL = url
		named[name] = of
	}
	options := router.Options{
		Supergraph:     sdl,
		Subgraph:       subgraph,
		Subgraphs:      named,
		Deduplicate:    router.Deduplication(c.Deduplicate),
		AllowedOrigins: c.AllowedOrigins,
		GraphiQL:       c.GraphiQL,
		MaxBatch:       c.MaxBatch,
		ReportCost:     c.Cost,
		Budget:         c.Budget.budget(),
		Persisted:      c.Persisted.options(),
		Limits:         c.Limits.limits(),
		Logger:         logger,
	}
	if c.ShowPlans {
		options.ShowPlan = func(context.Context, transport.Caller) bool { return true }
	}
	if len(c.Labels) > 0 {
		options.OverrideLabels = func(context.Context, transport.Caller, []string) []string { return c.Labels }
	}
	if c.Introspection != "by-role" {
		options.Introspection = router.IntrospectionMode(c.Introspection)
	}
	if c.Denied != "fields" {
		options.Denial = router.DenialMode(c.Denied)
	}
	return options
}
