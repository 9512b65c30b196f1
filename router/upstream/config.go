package upstream

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Config says how subgraphs are reached. Subgraphs is the only member that must be set.
type Config struct {
	// Subgraphs by name.
	Subgraphs map[string]Subgraph

	Signer     Signer
	Propagator Propagator

	// Deduplicate shares the answer of a query with identical queries that arrive while it is under way.
	Deduplicate bool
}

// StreamProtocol is how subscriptions reach a subgraph.
type StreamProtocol string

// The protocols: graphql-sse in distinct connections mode, and graphql-transport-ws.
const (
	SSE       StreamProtocol = "sse"
	WebSocket StreamProtocol = "graphql-transport-ws"
)

// Subgraph says how one subgraph is reached. Either URL or Handler is set.
type Subgraph struct {
	// URL is the subgraph's endpoint: http or https.
	URL string

	// Handler serves the subgraph in this process.
	Handler http.Handler

	// Standard forces net/http for plain http too; https always uses it.
	Standard bool
	TLS      *tls.Config

	// Streams is the protocol of subscriptions, SSE when empty; StreamURL is their endpoint, URL when empty (a ws or wss
	// URL is derived from it for WebSocket).
	Streams   StreamProtocol
	StreamURL string

	// Forward names the client's headers that pass. Hop-by-hop headers and those the router sets never do.
	Forward []string

	// Headers are sent with every request.
	Headers map[string]string

	// Timeout bounds one request, all attempts together; 0 means 30 seconds.
	Timeout time.Duration

	// MaxResponseBytes bounds an answer's body and one event of a stream; 0 means 32 MiB.
	MaxResponseBytes int64

	// Retries is how often a query that found no connection or got 502, 503 or 504 is sent again; 0 means never.
	Retries int

	// Breaker opens after this many failures in a row; 0 means 20, a negative number switches it off.
	Breaker int

	// BreakerPause is how long an open breaker refuses; 0 means 5 seconds.
	BreakerPause time.Duration

	// MaxConnections bounds the connections of the lean client; 0 means 512.
	MaxConnections int
}

const (
	defaultTimeout     = 30 * time.Second
	defaultMaxResponse = 32 << 20
	defaultBreaker     = 20
	defaultPause       = 5 * time.Second
	defaultConnections = 512
)

func (s Subgraph) withDefaults() Subgraph {
	s.Timeout = orDefault(s.Timeout, defaultTimeout)
	s.MaxResponseBytes = orDefault(s.MaxResponseBytes, defaultMaxResponse)
	s.Breaker = orDefault(s.Breaker, defaultBreaker)
	s.BreakerPause = orDefault(s.BreakerPause, defaultPause)
	s.MaxConnections = orDefault(s.MaxConnections, defaultConnections)
	s.Streams = orDefault(s.Streams, SSE)
	s.StreamURL = orDefault(s.StreamURL, s.URL)
	return s
}

func orDefault[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

func (s Subgraph) validate() error {
	if s.Handler != nil {
		return nil
	}
	if s.URL == "" {
		return errors.New("needs a URL or a handler")
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return fmt.Errorf("reading its URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("URL %q is not http or https with a host", s.URL)
	}
	if s.Streams != SSE && s.Streams != WebSocket {
		return fmt.Errorf("unknown stream protocol %q", s.Streams)
	}
	if s.Timeout < 0 || s.MaxResponseBytes < 0 || s.Retries < 0 || s.MaxConnections < 0 {
		return errors.New("limits may not be negative")
	}
	return nil
}
