package transport

import (
	"log/slog"
	"time"
)

// Options says how a Handler behaves. The zero value is useful: everyone may ask, no other site may.
type Options struct {
	// Authenticate says who is asking; nil makes everyone the caller with identity "".
	Authenticate Authenticate

	// Denied is told of callers and requests that are refused; nil is nobody.
	Denied Denied

	// AllowedOrigins are the origins ("https://portal.example.com") of other sites whose pages may ask: by CORS, on
	// websockets and on server-sent events. "*" allows every origin, without credentials. A page of the router's own
	// origin is always allowed.
	AllowedOrigins []string

	// AllowedHeaders are request headers that such pages may send beside those that GraphQL clients are known to.
	AllowedHeaders []string

	// GraphiQL serves the GraphiQL page to browsers.
	GraphiQL bool

	// GraphiQLQuery is the document that the page opens with; "" shows a short explanation.
	GraphiQLQuery string

	// MaxBatch is how many operations an HTTP body may hold as a JSON array; 0 refuses arrays.
	MaxBatch int

	Limits Limits
	Logger *slog.Logger

	// Now is the clock for expiry; nil is time.Now.
	Now func() time.Time
}

// Limits bounds what a client can make the transports hold. Zero fields have the defaults named.
type Limits struct {
	// Body is the number of bytes of a request's body, counted while decompressing (2 MB). A websocket message has the
	// same limit.
	Body int64

	// BodyTime is how long a body may take to arrive (15 s).
	BodyTime time.Duration

	// JSONDepth is the nesting of lists and objects in variables and extensions (64), JSONValues their number (50,000).
	JSONDepth  int
	JSONValues int

	// Operation is how long a query or mutation may take (30 s).
	Operation time.Duration

	// Sockets is the number of websockets open at once (20,000), SocketsPerCaller those of one identity (1,000; the
	// callers without identity count as one), SocketOperations the operations running on one socket (100).
	Sockets          int
	SocketsPerCaller int
	SocketOperations int

	// Admissions is how many websockets may be opened in a second (1,000). As many wait for their turn; others are told
	// when to come again.
	Admissions int

	// Streams is the number of server-sent events and multipart subscriptions at once (20,000).
	Streams int

	// Init is how long a websocket may take for its connection_init (5 s).
	Init time.Duration

	// Ping is the time between a server's pings (25 s); a socket that answers none for two of them is closed. Server-sent
	// events and multipart get a heartbeat as often.
	Ping time.Duration

	// Write is how long one message may take to be written before its reader counts as gone (10 s).
	Write time.Duration
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.Body, 2<<20)
	orDefault(&l.BodyTime, 15*time.Second)
	orDefault(&l.JSONDepth, 64)
	orDefault(&l.JSONValues, 50_000)
	orDefault(&l.Operation, 30*time.Second)
	orDefault(&l.Sockets, 20_000)
	orDefault(&l.SocketsPerCaller, 1_000)
	orDefault(&l.SocketOperations, 100)
	orDefault(&l.Admissions, 1_000)
	orDefault(&l.Streams, 20_000)
	orDefault(&l.Init, 5*time.Second)
	orDefault(&l.Ping, 25*time.Second)
	orDefault(&l.Write, 10*time.Second)
	return l
}

func orDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

func (o Options) withDefaults() Options {
	o.Limits = o.Limits.withDefaults()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
