package execute

import (
	"net/http"

	"devportal.internal/router/upstream"
)

// Variables are the client's variables after coercion: the JSON of each value, by name. A variable without a value is
// not in it.
type Variables map[string][]byte

// Request is what one execution of a Program needs. It is not changed, and not kept after the execution.
type Request struct {
	Variables Variables

	// Client reaches the subgraphs.
	Client upstream.Client

	// Header are the client's headers, which upstream's allow-lists choose from.
	Header http.Header

	// Observe is told of each fetch that ended, from the goroutine that made it; nil for nobody.
	Observe func(FetchEnd)
}

// FetchEnd is how one fetch ended.
type FetchEnd struct {
	ID       int
	Subgraph string
	Err      error // nil when the subgraph answered, with errors or without
	Bytes    int
}
