package router

import (
	"context"
	"net/http"
)

// Router serves one supergraph. It is an http.Handler for the GraphQL endpoint, safe for concurrent use.
type Router struct{}

// New makes a Router of a supergraph. Its errors name what is wrong in the options.
func New(options Options) (*Router, error) { return &Router{}, nil }

// ServeHTTP answers GraphQL requests on every transport, and browsers with GraphiQL.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {}

// Reload serves another supergraph from now on. What runs ends on the old one; live operations are planned anew, and
// those that the new one does not allow are ended with a reason. After an error nothing has changed.
func (r *Router) Reload(supergraph string) error { return nil }

// APISchema is the SDL that clients see, for /schema.graphql.
func (r *Router) APISchema() string { return "" }

// ServeSchema answers GET with the API schema.
func (r *Router) ServeSchema(w http.ResponseWriter, req *http.Request) {}

// ServeMetrics answers GET with the router's measurements in Prometheus' text format.
func (r *Router) ServeMetrics(w http.ResponseWriter, req *http.Request) {}

// Shutdown ends every live operation and websocket with a close that clients reconnect after (1001), and waits for what
// runs until ctx ends. The caller shuts its http.Server down as well, before or beside it.
func (r *Router) Shutdown(ctx context.Context) error { return nil }
