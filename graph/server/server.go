package server

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"devportal.internal/graph/failure"
	"devportal.internal/graph/limit"
	"devportal.internal/graph/loader"
	"devportal.internal/internal/audit"
)

// Options say how to serve a subgraph. Name and Authenticate are required; the zero value of the rest is useful.
type Options struct {
	// Name is the subgraph's name: it is what spans are called by.
	Name string
	// Authenticate verifies the internal token of each request and puts the principal into the context, or refuses.
	Authenticate func(http.Handler) http.Handler
	// Logger is told what clients are not; nil means [slog.Default].
	Logger *slog.Logger
	// Audit remembers mutations and refused access; nil remembers nothing.
	Audit *audit.Log
	// Limits bound each document.
	Limits limit.Limits
	// TokenLimit is how many lexical tokens a document has at most; 0 means 20,000.
	TokenLimit int
	// MaxBodyBytes is the largest body that is read; 0 means 4 MiB.
	MaxBodyBytes int64
	// BatchWait is how long the keys of a batch are collected; 0 means [loader.DefaultWait].
	BatchWait time.Duration
	// KeepAlive is how often a quiet stream is written to; 0 means 15 seconds.
	KeepAlive time.Duration
}

const (
	defaultTokenLimit   = 20_000
	defaultMaxBodyBytes = 4 << 20
	defaultKeepAlive    = 15 * time.Second
	cachedDocuments     = 1000
	maxErrors           = 100
)

// New serves an executable schema that gqlgen generated.
func New(schema graphql.ExecutableSchema, opts Options) http.Handler {
	opts = opts.withDefaults()
	exec := newExecutor(schema, opts)
	inner := &transports{exec: exec, opts: opts, websocket: newWebsocket(opts)}
	capped := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, opts.MaxBodyBytes)
		inner.ServeHTTP(w, r)
	})
	return otelhttp.NewHandler(opts.Authenticate(capped), "subgraph "+opts.Name)
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.TokenLimit <= 0 {
		o.TokenLimit = defaultTokenLimit
	}
	if o.MaxBodyBytes <= 0 {
		o.MaxBodyBytes = defaultMaxBodyBytes
	}
	if o.BatchWait <= 0 {
		o.BatchWait = loader.DefaultWait
	}
	if o.KeepAlive <= 0 {
		o.KeepAlive = defaultKeepAlive
	}
	return o
}

func newExecutor(schema graphql.ExecutableSchema, opts Options) *executor.Executor {
	documents := newDocumentCache()
	exec := executor.New(schema)
	exec.SetParserTokenLimit(opts.TokenLimit)
	exec.SetDisableSuggestion(true)
	exec.SetQueryCache(documents)
	exec.SetErrorPresenter(failure.Presenter(opts.Logger))
	exec.SetRecoverFunc(failure.Recover(opts.Logger))
	exec.Use(guard{documents: documents, opts: opts})
	if opts.Audit != nil {
		exec.Use(remember{log: opts.Audit})
	}
	exec.AroundResponses(boundErrors)
	exec.AroundResponses(loader.Interceptor(opts.BatchWait))
	return exec
}
