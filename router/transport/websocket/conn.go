package websocket

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// The codes of section 7.4.1 that the server sends by itself.
const (
	CloseNormal       = 1000
	CloseGoingAway    = 1001
	CloseProtocol     = 1002
	CloseInvalidText  = 1007
	CloseTooBig       = 1009
	CloseTryAgain     = 1013
	closeNoCode       = 1005
	maxReason         = 123
	linger            = time.Second
	maxControlPayload = 125
)

// CloseError is why a connection has to be closed, or was closed by the client.
type CloseError struct {
	Code   int
	Reason string

	// Received says that the client closed.
	Received bool
}

// Error names code and reason.
func (e *CloseError) Error() string { return fmt.Sprintf("websocket closed: %d %s", e.Code, e.Reason) }

// Conn is one connection. One goroutine reads; any may write, ping and close.
type Conn struct {
	stream      net.Conn
	subprotocol string
	limit       int64
	patience    time.Duration

	// Only the reader uses these: what came behind the handshake, and whether a message has begun.
	ahead []byte
	begun bool
	head  [maxHead]byte

	// awaited says that no pong came since the last ping.
	awaited atomic.Bool

	// mu guards the deadline of reads against the end; writing keeps frames whole.
	mu      sync.Mutex
	closed  bool
	writing sync.Mutex
}

// Subprotocol is the chosen one, "" for none.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// Close tells the client why, and gives it a moment to see it: Read fails after that, and whoever reads calls CloseNow.
// Only the first call counts.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	c.mu.Unlock()
	if !first {
		return
	}
	reason = reason[:min(len(reason), maxReason)]
	_ = c.stream.SetWriteDeadline(time.Now().Add(linger)) // for a write that waits for a slow reader
	_ = c.writeControl(opClose, append([]byte{byte(code >> 8), byte(code)}, reason...), linger)
	_ = c.stream.SetReadDeadline(time.Now().Add(linger))
}

// CloseNow closes the connection without a word.
func (c *Conn) CloseNow() { _ = c.stream.Close() }

// arm sets the time by which what has begun must have arrived; zero for none. A connection that closes has its own.
func (c *Conn) arm(deadline time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	return c.stream.SetReadDeadline(deadline)
}
