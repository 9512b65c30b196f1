package router

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"devportal.internal/router/transport"
)

// Options says what a Router serves and how. Supergraph is required; everything else has a useful zero value.
type Options struct {
	// Supergraph is the supergraph SDL, as compose.Compose makes it.
	Supergraph string

	// Subgraphs says how subgraphs are reached, by the names that the supergraph gives them. One that is not named is
	// asked over HTTP at the URL in the supergraph.
	Subgraphs map[string]Subgraph

	// Sign authorises the requests that go to subgraphs; nil sends them bare.
	Sign Signer

	// Authenticate says who is asking; nil makes everyone the same anonymous caller.
	Authenticate transport.Authenticate

	// ForwardHeaders are the names of the client's headers that subgraphs get to see. None by default; hop-by-hop
	// headers are never forwarded.
	ForwardHeaders []string

	// AllowedOrigins, GraphiQL, GraphiQLQuery and MaxBatch are those of transport.Options.
	AllowedOrigins []string
	GraphiQL       bool
	GraphiQLQuery  string
	MaxBatch       int

	Limits Limits

	// Logger gets one line an operation; nil is silent. Documents, variables and credentials never reach it.
	Logger *slog.Logger

	// Tracer makes the spans of operations and of their fetches; nil makes none.
	Tracer trace.Tracer

	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Subgraph says how one subgraph is reached. Handler wins over URL; both empty is the URL in the supergraph.
type Subgraph struct {
	// URL is where the subgraph answers GraphQL over HTTP (http:// or https://); subscriptions go to the same place.
	URL string

	// Handler answers in the same process.
	Handler http.Handler
}

// Signer adds to the headers of a request to a subgraph what proves who is asking. The context is the one that
// Authenticate returned for the caller.
type Signer func(ctx context.Context, subgraph string, header http.Header) error

// Limits bounds what operations may cost. Zero fields have the defaults named.
type Limits struct {
	// Transport bounds bodies, sockets and time.
	Transport transport.Limits

	// Tokens is the number of lexical tokens of a document (15,000), counted before it is parsed.
	Tokens int

	// Depth is the nesting of fields (50), Recursion that of selection sets, lists and objects as written (500).
	Depth     int
	Recursion int

	// Aliases (1,000), RootFields (200) and Directives (500) are counted after fragments are expanded, Selections is the
	// number of all expanded selections (20,000).
	Aliases    int
	RootFields int
	Directives int
	Selections int

	// Errors is how many errors an answer lists before its execution (5).
	Errors int

	// Cost is the estimated cost of an operation by @cost and @listSize; 0 means no limit.
	Cost int

	// Plans is how many plans are kept (1,000).
	Plans int

	// SubgraphResponse is the number of bytes of one subgraph's answer (10 MB).
	SubgraphResponse int64

	// LiveQueue is the number of bytes of events that wait for one slow subscriber (1 MB).
	LiveQueue int

	// Live is how many live operations run upstream at once (10,000).
	Live int
}
