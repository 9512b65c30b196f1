package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"devportal.internal/router/transport/websocket"
)

// socket is one websocket. One goroutine reads, and lives as long as it; others exist while there is something to do: an
// operation is prepared or executed, an event is written, a ping is due. A socket that only waits for events costs its
// reader.
type socket struct {
	handler *Handler
	conn    *websocket.Conn
	request *http.Request
	words   *vocabulary

	// ctx ends with the socket.
	ctx  context.Context // it is the socket's own lifetime
	stop context.CancelFunc

	// Of these only the reader knows: who is asking, and the context in which their operations run.
	inited  bool
	acked   bool
	caller  Caller
	callerC context.Context // made once by Authenticate for all operations of the socket
	client  string          // the name that the client gives itself
	counted bool

	// running is what was started beside the reader. mu guards it against the end, and the others.
	running    sync.WaitGroup
	mu         sync.Mutex
	ended      bool
	operations []*socketOperation
	init       *time.Timer
	ping       *time.Timer
	expiry     *time.Timer
	unwatch    func() bool   // of callerC
	finite     int           // queries and mutations that run
	idle       chan struct{} // made by the server's end, closed when none runs any more
}

// serveSocket upgrades a connection and serves it until it ends, after the request's handler has returned. Who may not
// have a socket learns so before the upgrade.
func (h *Handler) serveSocket(w http.ResponseWriter, r *http.Request) {
	if h.foreign(r) {
		writeRefusal(w, mediaJSON, h.denied(r.Context(), r, Refuse(http.StatusForbidden, CodeOriginNotAllowed, "this origin is not allowed")))
		return
	}
	if again, admitted := h.admission.enter(r.Context()); !admitted {
		h.refuseSocket(w, again, "too many websockets are opened at once")
		return
	}
	if !h.drain.enter() {
		writeRefusal(w, mediaJSON, shuttingDown())
		return
	}
	if !h.sockets.enter() {
		h.drain.leave()
		h.refuseSocket(w, h.admission.later(), "too many websockets are open")
		return
	}
	conn, err := websocket.Accept(w, r, websocket.Options{
		Subprotocols: []string{transportWS, legacyWS},
		Limit:        h.options.Limits.Body,
		Patience:     h.options.Limits.Write,
	})
	if err != nil {
		h.sockets.leave()
		h.drain.leave()
		return
	}
	s := h.newSocket(conn, r)
	go s.live()
}

func (h *Handler) newSocket(conn *websocket.Conn, r *http.Request) *socket {
	ctx, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	s := &socket{handler: h, conn: conn, request: kept(ctx, r), words: h.words[conn.Subprotocol()], ctx: ctx, stop: stop}
	limits := h.options.Limits
	s.mu.Lock()
	defer s.mu.Unlock()
	s.init = time.AfterFunc(limits.Init, func() { conn.Close(closeInitTimeout, "connection initialisation timeout") })
	// Those who came together are not to be asked for signs of life together.
	s.ping = time.AfterFunc(limits.Ping/2+rand.N(limits.Ping/2+1), s.checkAlive)
	return s
}

// kept is what is kept of the request that was upgraded, as long as its socket lives.
func kept(ctx context.Context, r *http.Request) *http.Request {
	header := make(http.Header, len(r.Header))
	for name, values := range r.Header {
		if !strings.HasPrefix(name, "Sec-Websocket-") && name != "Connection" && name != "Upgrade" {
			header[name] = values
		}
	}
	copied := &http.Request{
		Method: r.Method, URL: r.URL, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor, Header: header,
		Host: r.Host, RemoteAddr: r.RemoteAddr, RequestURI: r.RequestURI, TLS: r.TLS, Body: http.NoBody,
	}
	return copied.WithContext(ctx)
}

// live serves the socket to its end, and gives back what it had.
func (s *socket) live() {
	h := s.handler
	defer h.drain.leave()
	defer h.sockets.leave()
	if !h.open.add(s) {
		s.background(s.goAway)
	}
	defer h.open.remove(s)
	s.serve()
	if s.counted {
		h.sockets.forget(s.caller.Identity)
	}
}

// serve runs the socket to its end, and waits for all that it started.
func (s *socket) serve() {
	err := s.read()
	s.stop()
	s.mu.Lock()
	s.ended = true
	operations := s.operations
	s.operations = nil
	for _, timer := range []*time.Timer{s.init, s.ping, s.expiry} {
		if timer != nil {
			timer.Stop()
		}
	}
	if s.unwatch != nil {
		s.unwatch()
	}
	s.mu.Unlock()
	for _, operation := range operations {
		operation.close()
	}
	s.bye(err)
	s.running.Wait()
}

// bye closes the connection, with a code where there is something to say.
func (s *socket) bye(err error) {
	var end *closing
	var broken *websocket.CloseError
	switch {
	case errors.As(err, &end):
		s.conn.Close(end.code, end.reason)
		s.conn.Drain(s.handler.options.Limits.Body)
	case errors.As(err, &broken) && !broken.Received:
		s.conn.Close(broken.Code, broken.Reason)
		s.conn.Drain(2 * s.handler.options.Limits.Body)
	case broken != nil:
		s.conn.Close(websocket.CloseNormal, "")
	}
	s.conn.CloseNow()
}

// read handles messages until the connection ends or a message makes it end.
func (s *socket) read() error {
	if s.words == nil {
		return &closing{closeSubprotocol, "subprotocol not acceptable"}
	}
	for {
		message, text, err := s.conn.Read()
		if err != nil {
			return err
		}
		if !text {
			return &closing{closeBadRequest, "only text messages are understood"}
		}
		if err := s.handleApart(message); err != nil {
			return err
		}
	}
}

// handleApart handles a message on a stack of its own: the reader's stays as small as it was. A panic ends the socket, not
// the process.
func (s *socket) handleApart(message []byte) error {
	handled := make(chan error, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				s.handler.panicked(s.ctx, reason)
				handled <- &closing{closeInternal, "internal error"}
			}
		}()
		handled <- s.handle(message)
	}()
	return <-handled
}

// background runs f beside the reader, unless the socket has ended, which waits for it.
func (s *socket) background(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.running.Go(f)
	}
}

// checkAlive ends a socket that has not answered the last ping, and sends the next, with the legacy protocol's own sign
// of life.
func (s *socket) checkAlive() {
	s.background(func() {
		if s.conn.Silent() {
			s.conn.CloseNow()
			return
		}
		if s.words != nil && s.words.keepAlive != "" && s.acknowledged() {
			_ = s.write(message{Type: s.words.keepAlive})
		}
		if s.conn.Ping() != nil {
			s.conn.CloseNow()
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.ended {
			s.ping.Reset(s.handler.options.Limits.Ping)
		}
	})
}

// goAway lets queries and mutations end, then closes with the code that clients come back after.
func (s *socket) goAway() {
	s.mu.Lock()
	if s.idle == nil {
		s.idle = make(chan struct{})
		s.closeIdle()
	}
	idle := s.idle
	s.mu.Unlock()
	patience := time.NewTimer(s.handler.options.Limits.Write)
	defer patience.Stop()
	select {
	case <-idle:
	case <-patience.C:
	case <-s.ctx.Done():
	}
	s.conn.Close(websocket.CloseGoingAway, "the server is shutting down: connect again")
}

// enterFinite counts a query or mutation; false says that the server's end has begun.
func (s *socket) enterFinite() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		return false
	}
	s.finite++
	return true
}

func (s *socket) leaveFinite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finite--
	s.closeIdle()
}

// closeIdle says that nothing finite runs after the end has begun. The caller holds mu.
func (s *socket) closeIdle() {
	if s.idle != nil && s.finite == 0 {
		close(s.idle)
	}
}

// write sends one message. A reader that lets it wait too long loses the connection.
func (s *socket) write(m message) error {
	head, tail, err := m.encode()
	if err != nil {
		return err
	}
	if err := s.conn.Write(head, m.Payload, tail); err != nil {
		s.conn.CloseNow()
		return err
	}
	return nil
}
