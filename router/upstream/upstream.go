package upstream

import (
	"context"
	"net/http"
)

// Kind is the kind of the operation that a request carries. Only queries are repeated and shared.
type Kind string

// The three kinds (GraphQL specification, section 2.3).
const (
	Query        Kind = "query"
	Mutation     Kind = "mutation"
	Subscription Kind = "subscription"
)

// Request is one operation for one subgraph.
type Request struct {
	// Subgraph is the name of the subgraph, as composed.
	Subgraph string

	Kind Kind

	// OperationName is for logs and spans; the one that is sent is in Body.
	OperationName string

	// Body is the JSON object that is sent: query, operationName, variables. It is read only until Do returns.
	Body []byte

	// Header are the headers of the client's request, unfiltered; each subgraph's allow-list decides what passes. May be nil.
	Header http.Header
}

// Client sends a request and returns the whole answer. Errors are of type *Error.
type Client interface {
	Do(ctx context.Context, req *Request) (*Response, error)
}

// Streamer opens a subscription. Errors are of type *Error.
type Streamer interface {
	Subscribe(ctx context.Context, req *Request) (Stream, error)
}

// Stream is an open subscription. It is used by one goroutine at a time, except Close.
type Stream interface {
	// Next waits for the next event and returns its body, an execution result as JSON; the bytes are the caller's.
	// io.EOF says that the subgraph completed the subscription; any other error is of type *Error.
	Next(ctx context.Context) ([]byte, error)

	// Close ends the subscription and waits until nothing of it is running.
	Close() error
}

// Signer proves to a subgraph who is asking. Authorization is the value of the Authorization header; identity is
// stable for a principal and its rights, and stands for it where requests are deduplicated. Both may be empty.
type Signer interface {
	Sign(ctx context.Context, subgraph string) (authorization, identity string, err error)
}

// Propagator adds the headers that tie a request to the trace in ctx (W3C trace context: traceparent, tracestate).
type Propagator interface {
	Inject(ctx context.Context, set func(name, value string))
}
