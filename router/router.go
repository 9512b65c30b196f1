package router

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"devportal.internal/router/budget"
	"devportal.internal/router/persisted"
	"devportal.internal/router/subscribe"
	"devportal.internal/router/transport"
)

// Router serves one supergraph. It is an http.Handler for the GraphQL endpoint, safe for concurrent use.
type Router struct {
	options   Options
	handler   *transport.Handler
	hub       *subscribe.Hub
	metrics   *metrics
	documents *persisted.Documents
	budgets   *budget.Budgets
	eventTime time.Duration
	flights   *flights

	current atomic.Pointer[graph]

	// changes counts mutations and events.
	changes atomic.Int64

	// reloading keeps live operations from being started while another supergraph takes over.
	reloading sync.RWMutex
}

// New makes a Router of a supergraph. Its errors name what is wrong in the options.
func New(options Options) (*Router, error) {
	options = options.withDefaults()
	r := &Router{
		options:   options,
		metrics:   newMetrics(),
		documents: persisted.New(options.Persisted),
		budgets:   budget.New(budget.Options{Shared: options.Budget.Shared, Logger: options.Logger, Now: options.Now}),
		eventTime: defaultEventTime,
		flights:   newFlights(),
	}
	r.hub = subscribe.NewHub(subscribe.Options{Queue: options.Limits.LiveQueue, Live: options.Limits.Live, Patience: options.Limits.LiveResume, Ended: r.lost})
	if options.Limits.Transport.Operation > 0 {
		r.eventTime = options.Limits.Transport.Operation
	}
	first, err := newGraph(options.Supergraph, options, r.metrics, &r.changes)
	if err != nil {
		return nil, err
	}
	r.current.Store(first)
	r.handler = transport.New(engine{r}, options.transport())
	return r, nil
}

// ServeHTTP answers GraphQL requests on every transport, and browsers with GraphiQL.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.handler.ServeHTTP(w, traced(req))
}

// Reload serves another supergraph from now on. What runs ends on the old one; live operations are planned anew, and
// those that the new one does not allow are ended with a reason. After an error nothing has changed.
func (r *Router) Reload(supergraph string) error {
	next, err := newGraph(supergraph, r.options, r.metrics, &r.changes)
	if err != nil {
		return err
	}
	r.reloading.Lock()
	defer r.reloading.Unlock()
	last := r.current.Swap(next)
	r.hub.Replan(r.replan)
	last.upstream.Close()
	r.metrics.reloads.Add(1)
	return nil
}

// Register makes the documents of a list the registered ones, in place of those before. Operations that run go on.
func (r *Router) Register(list *persisted.List) { r.documents.Register(list) }

// replan plans a live operation for the current supergraph.
func (r *Router) replan(op subscribe.Operation) (subscribe.Operation, error) {
	live := op.(*liveOperation)
	again, refusal := r.prepare(live.ctx, r.current.Load(), live.request)
	if refusal != nil {
		return nil, refusal
	}
	return &liveOperation{prepared: again, ctx: live.ctx, key: live.key, start: live.start}, nil
}

// Revoke ends the live operations of those identities that match, with the code RIGHTS_CHANGED: their clients subscribe
// again, and are judged anew. A product calls it when rights have changed.
func (r *Router) Revoke(match func(identity string) bool) {
	r.hub.End(func(op subscribe.Operation) bool { return match(op.(*liveOperation).request.Caller.Identity) })
}

// Stats are the numbers of what is open at this moment.
type Stats struct {
	// Sockets are websockets, Streams are server-sent events and multipart responses.
	Sockets int
	Streams int

	// LiveOperations run upstream, for Subscribers.
	LiveOperations int
	Subscribers    int
}

// Stats counts what is open.
func (r *Router) Stats() Stats {
	open, live := r.handler.Stats(), r.hub.Stats()
	return Stats{Sockets: open.Sockets, Streams: open.Streams, LiveOperations: live.Live, Subscribers: live.Subscribers}
}

// Drain has clients close their connections after the next response: the first step of a shutdown under load, some time
// before the server stops taking connections.
func (r *Router) Drain() { r.handler.Drain() }

// Shutdown ends every live operation and websocket with a close that clients reconnect after (1001), and waits for what
// runs until ctx ends. The caller shuts its http.Server down as well, beside it or afterwards.
func (r *Router) Shutdown(ctx context.Context) error {
	err := r.handler.Shutdown(ctx)
	r.hub.Close()
	r.current.Load().upstream.Close()
	return err
}
