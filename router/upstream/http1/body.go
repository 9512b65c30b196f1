package http1

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

// Response is a response that was read to its end.
type Response struct {
	Status      int
	ContentType string

	// Encoded says that the body is in a content encoding, which was not asked for.
	Encoded bool

	// Body belongs to the caller, until Free.
	Body []byte

	client *Client
}

// maxReused bounds the bodies whose memory is used again.
const maxReused = 1 << 20

// Free lets another response use the memory of Body.
func (r *Response) Free() {
	if n := cap(r.Body); n > 0 && n <= maxReused {
		r.client.bodies.Put(&r.Body)
	}
}

// room returns an empty buffer for at least n bytes.
func (c *Client) room(n int) []byte {
	if b, ok := c.bodies.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:0]
	}
	return make([]byte, 0, n+n/4+512)
}

func (k *conn) body(h head) (*Response, error) {
	var body []byte
	var err error
	switch {
	case h.status == 204 || h.status == 304:
	case h.chunked:
		body, err = k.chunks()
	case h.length >= 0:
		body, err = k.exactly(nil, h.length)
	default:
		h.mustClose = true
		body, err = k.toEnd()
	}
	if err != nil {
		return nil, err
	}
	k.mustClose = h.mustClose || k.start != len(k.buf)
	return &Response{Status: h.status, ContentType: h.contentType, Encoded: h.encoded, Body: body, client: k.client}, nil
}

// exactly appends the next n bytes to body. It reads past the buffer, straight into body.
func (k *conn) exactly(body []byte, n int64) ([]byte, error) {
	if int64(len(body))+n > k.limit {
		return nil, ErrTooLarge
	}
	have := len(body)
	if need := have + int(n); need > cap(body) {
		body = append(k.client.room(max(need, 2*have)), body...)
	}
	body = body[:have+int(n)]
	copied := copy(body[have:], k.buf[k.start:])
	k.start += copied
	_, err := io.ReadFull(k.Conn, body[have+copied:])
	return body, unexpected(err)
}

func (k *conn) chunks() ([]byte, error) {
	var body []byte
	for {
		line, err := k.line()
		if err != nil {
			return nil, err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return nil, ErrMalformed
		}
		if n == 0 {
			return body, k.trailers()
		}
		if body, err = k.exactly(body, int64(n)); err != nil {
			return nil, err
		}
		if line, err = k.line(); err != nil || len(line) > 0 {
			return nil, errors.Join(ErrMalformed, err)
		}
	}
}

// trailers reads over them, to the empty line.
func (k *conn) trailers() error {
	for range 100 {
		line, err := k.line()
		if err != nil || len(line) == 0 {
			return err
		}
	}
	return ErrMalformed
}

// line reads a line; it is valid until the next read.
func (k *conn) line() ([]byte, error) {
	for {
		unread := k.buf[k.start:]
		if end := bytes.Index(unread, []byte("\r\n")); end >= 0 {
			k.start += end + 2
			return unread[:end], nil
		}
		if len(unread) > readBuffer {
			return nil, ErrMalformed
		}
		if err := k.fill(); err != nil {
			return nil, unexpected(err)
		}
	}
}

func (k *conn) toEnd() ([]byte, error) {
	body := append([]byte(nil), k.buf[k.start:]...)
	k.start = len(k.buf)
	rest, err := io.ReadAll(io.LimitReader(k.Conn, k.limit-int64(len(body))+1))
	if err != nil {
		return nil, err
	}
	if body = append(body, rest...); int64(len(body)) > k.limit {
		return nil, ErrTooLarge
	}
	return body, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
