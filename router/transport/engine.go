package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Engine answers operations. Both steps are safe for concurrent use.
type Engine interface {
	// Prepare parses, limits, validates and plans a request. It returns either an Operation or a Refusal.
	Prepare(ctx context.Context, req *Request) (Operation, *Refusal)
}

// Operation is a request that may be run. It is used once.
type Operation interface {
	Kind() Kind

	// Incremental says that a query or mutation answers in parts (@defer), which Stream gives.
	Incremental() bool

	// Execute runs a query or mutation to its one whole response.
	Execute(ctx context.Context) *Result

	// Stream starts a subscription or an incremental operation. The Stream ends when ctx does, and is closed by whoever
	// asked for it.
	Stream(ctx context.Context) (Stream, *Refusal)
}

// Kind is the kind of an operation (GraphQL specification, section 2.3).
type Kind string

// The kinds of operations.
const (
	Query        Kind = "query"
	Mutation     Kind = "mutation"
	Subscription Kind = "subscription"
)

// Stream is a sequence of responses. It is used by one goroutine.
type Stream interface {
	// Next waits for the next response. It returns io.EOF after the last one, a *Refusal when the stream was ended for a
	// reason that the client is told, and ctx's error when that ended first.
	Next(ctx context.Context) (*Result, error)

	// Close ends the stream and what it holds upstream. It may be called more than once.
	Close()
}

// Polled is a Stream that nobody needs to wait for. It ends when it is closed, and does not when the context ends that it
// was opened with.
type Polled interface {
	Stream

	// Poll returns what Next would, without waiting: nil and no error where there is nothing yet. Then notify is called
	// once, when there is; it does not wait, nor call the stream.
	Poll(notify func()) (*Result, error)
}

// Result is one encoded response.
type Result struct {
	// Body is the response map (GraphQL specification, section 7.1) as JSON in UTF-8. It is not changed after it was
	// made until Release, and may be shared by several streams.
	Body []byte

	// HasData says that the map has an entry `data`, even if it is null: that is what the HTTP status goes by.
	HasData bool

	// Cursor is the place of an event in a resumable subscription, "" for others.
	Cursor string

	// Release gives the memory of Body back; nil where it belongs to the garbage collector. Whoever has written the
	// whole of Body may call it, once, and does not use Body after that. It need not be called.
	Release func()
}

// written gives the memory of the body back. It is not called after a write that failed: the server may still be
// reading what it was given (HTTP/2 does).
func (r *Result) written() {
	if r.Release != nil {
		r.Release()
	}
}

// Request is one operation as the client sent it.
type Request struct {
	Query         string
	OperationName string

	// Variables and Extensions are JSON objects, or nil.
	Variables  json.RawMessage
	Extensions json.RawMessage

	// DocumentID names a document that the router knows; Query is then usually "".
	DocumentID string

	// Client is the name that the client gives itself (the header graphql-client-name or apollographql-client-name, or the
	// member of that name in a websocket's connection_init), "" if none. It is a claim, bounded and without control characters.
	Client string

	// Batched says that the request is one of a batch. Before are those before it that were prepared: limits count across
	// them.
	Batched bool
	Before  []Operation

	// LastEventID is where a server-sent events client wants to go on; "" from the present.
	LastEventID string

	// Remote is the address that the request came from, without the port.
	Remote string

	// Header is the HTTP request's (of the upgrade, on websockets). It is not to be changed.
	Header http.Header

	Caller Caller
}

// Caller is who is asking.
type Caller struct {
	// Identity is equal for two callers only if both have the same rights to everything: what is shared between requests
	// (live operations, deduplicated fetches) is keyed by it. It never reaches a log.
	Identity string

	// Expires is when the right to ask ends; zero means never. Live operations end then, unless renewed.
	Expires time.Time

	// SignedIn says that it is known who is asking: what @authenticated asks for. Scopes are those of the credential, for
	// @requiresScopes.
	SignedIn bool
	Scopes   []string

	// Ambient says that the client's browser may have supplied the credential unasked: a cookie, or being on this
	// machine. Such a caller's cross-site requests are refused.
	Ambient bool

	// HideSchema refuses introspection to this caller.
	HideSchema bool
}

// Authenticate says who is asking: from the HTTP request alone when init is nil, else from a websocket's
// connection_init payload together with the request that was upgraded. The context that it returns (derived from ctx)
// is the one in which the caller's operations run, so that what it carries reaches upstream requests. When it ends while
// ctx goes on, the caller's right has ended before its time: the websocket closes with 4403, a stream with the context's cause
// if that is a *Refusal. The context beside an error carries what is known of who is refused, for Denied.
//
// Its error refuses the request: an *Error is shown as it is (with status 401, or 403 for code FORBIDDEN), of any other
// the client learns only UNAUTHENTICATED.
type Authenticate func(ctx context.Context, r *http.Request, init json.RawMessage) (context.Context, Caller, error)
