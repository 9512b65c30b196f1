package http1

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

const (
	readBuffer = 4 << 10
	maxHead    = 64 << 10
	maxKept    = 64 << 10 // of a connection's write buffer
)

// conn is a connection that carries one exchange at a time.
type conn struct {
	net.Conn
	client *Client
	limit  int64

	buf   []byte // what was read and not consumed is buf[start:]
	start int
	out   []byte

	used      bool // an exchange has succeeded on it
	usedAt    time.Time
	silent    bool // nothing of a response has come
	mustClose bool
}

// past is a deadline that has passed; it ends reads and writes at once.
var past = time.Unix(1, 0)

// exchange sends a request and reads its response.
func (k *conn) exchange(ctx context.Context, deadline time.Time, head []byte, headers []Header, body []byte) (*Response, error) {
	k.silent = true
	if err := k.SetDeadline(deadline); err != nil {
		return nil, fmt.Errorf("setting the deadline: %w", err)
	}
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { _ = k.SetDeadline(past) })
		defer func() {
			if !stop() {
				k.mustClose = true
			}
		}()
	}
	if err := k.send(head, headers, body); err != nil {
		return nil, fmt.Errorf("sending: %w", err)
	}
	resp, err := k.receive()
	if err != nil {
		return nil, fmt.Errorf("receiving: %w", err)
	}
	return resp, nil
}

func (k *conn) send(head []byte, headers []Header, body []byte) error {
	out := append(k.out[:0], head...)
	for _, h := range headers {
		out = append(append(append(append(out, h.Name...), ": "...), h.Value...), "\r\n"...)
	}
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, int64(len(body)), 10)
	out = append(append(out, "\r\n\r\n"...), body...)
	_, err := k.Write(out)
	if k.out = out; cap(out) > maxKept {
		k.out = nil
	}
	return err
}

// receive reads a response, passing over interim ones (status 1xx).
func (k *conn) receive() (*Response, error) {
	for range 8 {
		h, err := k.head()
		if err != nil {
			return nil, err
		}
		if h.status >= 200 {
			return k.body(h)
		}
		if h.status == 101 {
			return nil, ErrMalformed
		}
	}
	return nil, ErrMalformed
}

// head reads up to the empty line and parses what stands before it.
func (k *conn) head() (head, error) {
	searched := 0
	for {
		unread := k.buf[k.start:]
		if end := bytes.Index(unread[searched:], []byte("\r\n\r\n")); end >= 0 {
			end += searched
			k.start += end + 4
			return parseHead(unread[:end])
		}
		if len(unread) > maxHead {
			return head{}, ErrMalformed
		}
		searched = max(0, len(unread)-3)
		if err := k.fill(); err != nil {
			return head{}, err
		}
	}
}

// fill reads more into the buffer.
func (k *conn) fill() error {
	if k.start == len(k.buf) {
		k.buf, k.start = k.buf[:0], 0
	}
	if len(k.buf) == cap(k.buf) {
		bigger := make([]byte, 0, max(readBuffer, 2*(len(k.buf)-k.start)))
		k.buf, k.start = append(bigger, k.buf[k.start:]...), 0
	}
	n, err := k.Read(k.buf[len(k.buf):cap(k.buf)])
	k.buf = k.buf[:len(k.buf)+n]
	if n > 0 {
		k.silent = false
		return nil
	}
	if err == nil {
		err = errors.New("nothing read")
	}
	return err
}
