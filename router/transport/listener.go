package transport

import (
	"errors"
	"io"
	"net"
	"time"
)

// Listener wraps a listener of plain HTTP/1 so that no request gets through whose length can be read in two ways: with
// both Content-Length and Transfer-Encoding (RFC 9112, section 6.1). net/http goes by the latter, and keeps the connection;
// a proxy before it that goes by the former sees another request in what follows. Such a request is answered with 400
// and its connection closed.
func Listener(inner net.Listener) net.Listener { return framedListener{inner} }

type framedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l framedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &framedConn{Conn: conn}, nil
}

// framedConn follows the requests of one connection. Reads are not concurrent.
type framedConn struct {
	net.Conn
	frames framer
}

// errTwoLengths makes net/http answer 400 and close the connection.
var errTwoLengths = errors.New("a request has both Content-Length and Transfer-Encoding")

// Read implements net.Conn. It holds back the end of a head that has two lengths.
func (c *framedConn) Read(buffer []byte) (int, error) {
	if c.frames.refused {
		return 0, errTwoLengths
	}
	n, err := c.Conn.Read(buffer)
	if allowed := c.frames.follow(buffer[:n]); allowed < n {
		return allowed, refusedUnless(allowed)
	}
	return n, err
}

// refusedUnless is the error now, or none while there is something to read before it.
func refusedUnless(allowed int) error {
	if allowed == 0 {
		return errTwoLengths
	}
	return nil
}

// CloseWrite is that of TCP: net/http ends its own half first where a client may still be writing.
func (c *framedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements net.Conn. After a refusal it reads a little longer: closing a connection with bytes unread would take
// the answer away from a client that has not read it yet.
func (c *framedConn) Close() error {
	if c.frames.refused && c.CloseWrite() == nil {
		_ = c.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
	}
	return c.Conn.Close()
}

// How much is read, and how long, after a refusal.
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 256 << 10
)
