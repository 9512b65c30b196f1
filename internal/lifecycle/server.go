package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Bounds of a connection that no handler can set for itself: how long headers may take to come, how large they may
// be, how long an unused connection stays open.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// HTTPServer makes a part of an HTTP server. It listens at the start, so that a taken port is an error then; at the end
// it takes no more requests and waits for running ones until its stop timeout, then closes their connections.
// Bodies are bounded in time by their handlers. Bound, when set, is told the address, which tells the port of ":0"; wraps
// are put around the listener.
func HTTPServer(name, address string, server *http.Server, bound func(net.Addr), wraps ...func(net.Listener) net.Listener) Part {
	s := &httpServer{address: address, server: server, bound: bound, wraps: wraps, failed: make(chan error, 1)}
	return Part{Name: name, Start: s.start, Stop: s.stop, Failed: func() <-chan error { return s.failed }}
}

type httpServer struct {
	address string
	server  *http.Server
	bound   func(net.Addr)
	wraps   []func(net.Listener) net.Listener
	failed  chan error
	done    chan struct{}
}

func (s *httpServer) start(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("the address %s is taken by another program", s.address)
	}
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.address, rootCause(err))
	}
	s.setBounds()
	if s.bound != nil {
		s.bound(listener.Addr())
	}
	for _, wrap := range s.wraps {
		listener = wrap(listener)
	}
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return nil
}

func (s *httpServer) setBounds() {
	if s.server.ReadHeaderTimeout == 0 {
		s.server.ReadHeaderTimeout = headerTimeout
	}
	if s.server.IdleTimeout == 0 {
		s.server.IdleTimeout = idleTimeout
	}
	if s.server.MaxHeaderBytes == 0 {
		s.server.MaxHeaderBytes = maxHeaderBytes
	}
}

func (s *httpServer) stop(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("some requests were cut off: %w", err), s.server.Close())
	}
	<-s.done
	return err
}

func rootCause(err error) error {
	var opErr *net.OpError
	if errors.As(err, &opErr) {
		return opErr.Err
	}
	return err
}
