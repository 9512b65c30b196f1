package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// socket is one websocket. One goroutine reads, one keeps the time, and one runs each operation; all end with it.
type socket struct {
	handler *Handler
	conn    *websocket.Conn
	request *http.Request
	words   vocabulary

	// ctx ends with the socket.
	ctx  context.Context // it is the socket's own lifetime
	stop context.CancelFunc

	// initialised stops the timer of the init; renewed tells the keeper of a new expiry.
	initialised *time.Timer
	renewed     chan time.Time

	// Of these only the reader knows: who is asking, and the context in which their operations run.
	inited  bool
	acked   bool
	caller  Caller
	callerC context.Context // made once by Authenticate for all operations of the socket
	counted bool

	writing sync.Mutex

	mu         sync.Mutex
	operations map[string]*socketOperation
	running    sync.WaitGroup
	finite     *drain
}

// serveSocket upgrades a connection and serves it until it ends. Who may not have a socket learns so before the upgrade.
func (h *Handler) serveSocket(w http.ResponseWriter, r *http.Request) {
	if h.foreign(r) {
		writeRefusal(w, mediaJSON, Refuse(http.StatusForbidden, CodeOriginNotAllowed, "this origin is not allowed"))
		return
	}
	if !h.drain.enter() {
		writeRefusal(w, mediaJSON, shuttingDown())
		return
	}
	defer h.drain.leave()
	if !h.sockets.enter() {
		w.Header().Set("Retry-After", "5")
		writeRefusal(w, mediaJSON, Refuse(http.StatusServiceUnavailable, CodeTooManyOperations, "too many websockets are open"))
		return
	}
	defer h.sockets.leave()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{transportWS, legacyWS},
		InsecureSkipVerify: true, // the origin was checked above
	})
	if err != nil {
		return
	}
	h.runSocket(conn, r)
}

func (h *Handler) runSocket(conn *websocket.Conn, r *http.Request) {
	words, known := vocabularies(conn.Subprotocol())
	if !known {
		_ = conn.Close(closeSubprotocol, "subprotocol not acceptable")
		return
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	s := &socket{
		handler: h, conn: conn, request: r, words: words, ctx: ctx, stop: stop,
		renewed:    make(chan time.Time, 1),
		operations: map[string]*socketOperation{},
		finite:     newDrain(),
	}
	conn.SetReadLimit(h.options.Limits.Body)
	s.initialised = time.AfterFunc(h.options.Limits.Init, func() {
		_ = conn.Close(closeInitTimeout, "connection initialisation timeout")
	})
	s.serve()
}

// serve runs the socket to its end, and waits for all that it started.
func (s *socket) serve() {
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		s.keep()
	}()
	err := s.read()
	s.initialised.Stop()
	s.stop()
	var end *closing
	if errors.As(err, &end) {
		_ = s.conn.Close(end.code, end.reason)
	} else {
		_ = s.conn.CloseNow()
	}
	s.running.Wait()
	<-kept
	if s.counted {
		s.handler.sockets.forget(s.caller.Identity)
	}
}

// read handles messages until the connection ends or a message makes it end.
func (s *socket) read() error {
	for {
		kind, text, err := s.conn.Read(s.ctx)
		if err != nil {
			return err
		}
		if kind != websocket.MessageText || !utf8.Valid(text) {
			return &closing{closeBadRequest, "only text messages in UTF-8 are understood"}
		}
		if err := s.handle(text); err != nil {
			return err
		}
	}
}

// keep closes the socket when its time has come: the server's end, the caller's expiry, or pings without an answer.
func (s *socket) keep() {
	limits := s.handler.options.Limits
	pings := time.NewTicker(limits.Ping)
	defer pings.Stop()
	expiry := time.NewTimer(0)
	defer expiry.Stop()
	expiry.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-pings.C:
			if !s.alive(limits.Ping) {
				_ = s.conn.CloseNow()
				return
			}
		case at := <-s.renewed:
			expiry.Reset(at.Sub(s.handler.options.Now()))
		case <-expiry.C:
			_ = s.conn.Close(closeForbidden, "the token has expired")
			return
		case <-s.handler.drain.ending:
			s.goAway()
			return
		}
	}
}

// alive sends a ping and waits for its answer, and writes the legacy protocol's own sign of life.
func (s *socket) alive(patience time.Duration) bool {
	if s.words.keepAlive != "" && s.write(message{Type: s.words.keepAlive}) != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	return s.conn.Ping(ctx) == nil
}

// goAway lets queries and mutations end, then closes with the code that clients come back after.
func (s *socket) goAway() {
	ctx, cancel := context.WithTimeout(s.ctx, s.handler.options.Limits.Write)
	defer cancel()
	_ = s.finite.end(ctx)
	_ = s.conn.Close(websocket.StatusGoingAway, "the server is shutting down: connect again")
}

// write sends one message. A reader that lets it wait too long loses the connection.
func (s *socket) write(m message) error {
	text, err := m.encode()
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, s.handler.options.Limits.Write)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, text)
}

// socketCount bounds the websockets, in total and of one identity.
type socketCount struct {
	total     int
	perCaller int

	mu      sync.Mutex
	all     int
	callers map[string]int
}

func (c *socketCount) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.total {
		return false
	}
	c.all++
	return true
}

func (c *socketCount) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
}

func (c *socketCount) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// remember counts a socket of an identity; false says that it has too many. Nobody's sockets are not counted.
func (c *socketCount) remember(identity string) bool {
	if identity == "" {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.callers[identity] >= c.perCaller {
		return false
	}
	c.callers[identity]++
	return true
}

func (c *socketCount) forget(identity string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.callers[identity]--; c.callers[identity] <= 0 {
		delete(c.callers, identity)
	}
}
