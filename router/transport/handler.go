package transport

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
)

// Handler is the http.Handler of a GraphQL endpoint, for every transport. Use New.
type Handler struct {
	engine  Engine
	options Options

	drain    *drain
	draining atomic.Bool
	streams  atomic.Int64
	sockets  socketCount
	single   reservations

	open      openSockets
	admission *admission
	words     map[string]*vocabulary
}

// New makes a Handler that asks engine.
func New(engine Engine, options Options) *Handler {
	options = options.withDefaults()
	limits := options.Limits
	return &Handler{
		engine:  engine,
		options: options,
		drain:   newDrain(),
		sockets: socketCount{total: limits.Sockets, perCaller: limits.SocketsPerCaller, callers: map[string]int{}},
		single:  reservations{limit: limits.Streams, byToken: map[string]*reservation{}},

		open:      openSockets{all: map[*socket]struct{}{}},
		admission: newAdmission(limits.Admissions, time.Now),
		words:     vocabularies(),
	}
}

// Stats are the numbers of what is open at this moment.
type Stats struct {
	Sockets int
	Streams int
}

// Stats counts what is open.
func (h *Handler) Stats() Stats {
	return Stats{Sockets: h.sockets.open(), Streams: int(h.streams.Load())}
}

// Drain has clients close their connections after the next response. Whoever shuts a server down does this some time
// before, while it still takes connections: a connection that is closed while its client is sending fails a request.
func (h *Handler) Drain() { h.draining.Store(true) }

// Shutdown ends every websocket with close code 1001, and every stream of events, then waits for them until ctx ends.
// Queries and mutations that run over HTTP are left to http.Server.Shutdown; those on websockets are finished first, as
// long as ctx lasts.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.drain.begin()
	h.open.end()
	return h.drain.end(ctx)
}

// ServeHTTP chooses the transport. What every transport shares (CORS, the origin, who is asking) is decided here or in
// the one function that it calls for it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	h.writeCORS(w, r)
	h.closeAfter(w, r)
	switch {
	case r.Method == http.MethodOptions:
		h.servePreflight(w, r)
	case isUpgrade(r):
		h.serveSocket(w, r)
	case h.options.GraphiQL && wantsPage(r):
		h.servePage(w, r)
	case r.Method == http.MethodPut, token(r) != "":
		h.serveSingle(w, r)
	case r.Method == http.MethodGet, r.Method == http.MethodHead, r.Method == http.MethodPost:
		h.serveOperation(w, r)
	default:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		writeRefusal(w, mediaJSON, Refuse(http.StatusMethodNotAllowed, CodeMethodNotAllowed, "only GET and POST are answered"))
	}
}

// closeAfter ends the connection after this response while the server drains, after a request with a chunked body, and
// after one that asks for another protocol than a websocket. With a chunked body there may have been a Content-Length,
// which looks no different here where nobody used Listener (net/http drops that header), and a connection that brought
// such a request is not to be trusted with another (RFC 9112, section 6.1).
func (h *Handler) closeAfter(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 && (len(r.TransferEncoding) > 0 || !isUpgrade(r) && (h.draining.Load() || r.Header.Get("Upgrade") != "")) {
		w.Header().Set("Connection", "close")
	}
}

// caller asks Authenticate who is asking.
func (h *Handler) caller(ctx context.Context, r *http.Request, init []byte) (context.Context, Caller, *Refusal) {
	if h.options.Authenticate == nil {
		return ctx, Caller{}, nil
	}
	authenticated, caller, err := h.options.Authenticate(ctx, r, init)
	if err != nil {
		return nil, Caller{}, h.denied(authenticated, r, refusedCaller(err))
	}
	if h.expired(caller) {
		return nil, Caller{}, h.denied(authenticated, r, refusedCaller(NewError(CodeUnauthenticated, "the token has expired")))
	}
	return authenticated, caller, nil
}

func (h *Handler) expired(caller Caller) bool {
	return !caller.Expires.IsZero() && !h.options.Now().Before(caller.Expires)
}

// panicked logs a broken invariant with the place where it broke.
func (h *Handler) panicked(ctx context.Context, reason any) {
	h.options.Logger.ErrorContext(ctx, "operation panicked", "reason", fmt.Sprint(reason), "stack", string(debug.Stack()))
}

// headerHas says whether one of a header's comma-separated values is token, in any case.
func headerHas(header http.Header, name, token string) bool {
	for _, line := range header.Values(name) {
		for value := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(value), token) {
				return true
			}
		}
	}
	return false
}

func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && headerHas(r.Header, "Connection", "upgrade") && headerHas(r.Header, "Upgrade", "websocket")
}
