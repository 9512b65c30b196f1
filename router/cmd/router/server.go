package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"sync/atomic"
	"time"

	"devportal.internal/router"
	"devportal.internal/router/transport"
)

// server is the two listeners: one for clients, one for operators.
type server struct {
	router  *router.Router
	logger  *slog.Logger
	ending  atomic.Bool
	clients *listener
	admins  *listener
}

// listener is an http.Server with the socket that it serves.
type listener struct {
	server *http.Server
	socket net.Listener
}

// listen opens both listeners and says where they are.
func (c *serveCommand) listen(r *router.Router, p process, logger *slog.Logger) (*server, error) {
	s := &server{router: r, logger: logger}
	clients, err := open(c.Listen, s.clientRoutes())
	if err != nil {
		return nil, err
	}
	address := c.AdminListen
	if address == "" {
		address = nextPort(clients.socket.Addr())
	}
	admins, err := open(address, s.adminRoutes())
	if err != nil {
		return nil, errors.Join(err, clients.socket.Close())
	}
	s.clients, s.admins = clients, admins
	_, err = fmt.Fprintf(p.out, "GraphQL  http://%s/graphql\nAdmin    http://%s/metrics\n", clients.socket.Addr(), admins.socket.Addr())
	return s, err
}

func open(address string, routes http.Handler) (*listener, error) {
	opened, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return &listener{router.NewServer(routes), transport.Listener(opened)}, nil
}

// nextPort is the port after that of an address, or any where there is none.
func nextPort(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return "127.0.0.1:0"
	}
	number, err := strconv.Atoi(port)
	if err != nil || number >= 65535 {
		return net.JoinHostPort(host, "0")
	}
	return net.JoinHostPort(host, strconv.Itoa(number+1))
}

func (s *server) clientRoutes() http.Handler {
	routes := http.NewServeMux()
	routes.Handle("/graphql", s.router)
	routes.HandleFunc("GET /schema.graphql", s.router.ServeSchema)
	routes.HandleFunc("GET /healthz", healthy)
	routes.HandleFunc("GET /readyz", s.ready)
	return routes
}

func (s *server) adminRoutes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /metrics", s.router.ServeMetrics)
	routes.HandleFunc("GET /healthz", healthy)
	routes.HandleFunc("GET /readyz", s.ready)
	routes.HandleFunc("GET /debug/pprof/", pprof.Index)
	routes.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	routes.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	routes.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	routes.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return routes
}

func healthy(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// ready says no once the end has begun, so that no new clients are sent here.
func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.ending.Load() {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("supergraph: ok\n"))
}

// serve serves until ctx ends, then lets what runs end within the time of grace.
func (s *server) serve(ctx context.Context, drain, grace time.Duration) error {
	failed := make(chan error, 2)
	for _, l := range []*listener{s.clients, s.admins} {
		go func() { failed <- l.server.Serve(l.socket) }()
	}
	var err error
	select {
	case err = <-failed:
		failed <- err
	case <-ctx.Done():
		s.logger.InfoContext(ctx, "shutting down")
	}
	err = errors.Join(err, s.end(drain, grace))
	for range 2 {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// end says that no new clients are to come, has those that are here leave, and after that time ends live operations and
// sockets while requests under way go on.
func (s *server) end(drain, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	s.ending.Store(true)
	s.router.Drain()
	select {
	case <-time.After(drain):
	case <-ctx.Done():
	}
	done := make(chan error, 1)
	go func() { done <- s.clients.server.Shutdown(ctx) }()
	err := errors.Join(s.router.Shutdown(ctx), <-done, s.admins.server.Shutdown(ctx))
	if err != nil {
		return fmt.Errorf("shutting down: %w", err)
	}
	return nil
}
