package websocket

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

const (
	opText   = ws.OpText
	opBinary = ws.OpBinary
	opClose  = ws.OpClose
	opPing   = ws.OpPing
	opPong   = ws.OpPong
	maxHead  = ws.MaxHeaderSize
)

// Read waits for a message, and says whether it is text. Pings are answered meanwhile. A *CloseError says with which code
// the connection is to be closed, or was by the client.
func (c *Conn) Read() (message []byte, text bool, err error) {
	var kind ws.OpCode
	for {
		head, err := c.header(kind != 0)
		if err != nil {
			return nil, false, err
		}
		if head.OpCode.IsControl() {
			if err := c.control(head); err != nil {
				return nil, false, err
			}
			if kind == 0 {
				err = c.rest()
			}
			if err != nil {
				return nil, false, err
			}
			continue
		}
		if head.OpCode != ws.OpContinuation {
			kind = head.OpCode
		}
		if message, err = c.payload(message, head); err != nil {
			return nil, false, err
		}
		if !head.Fin {
			continue
		}
		if kind == opText && !utf8.Valid(message) {
			return nil, false, &CloseError{Code: CloseInvalidText, Reason: "the text is not UTF-8"}
		}
		return message, kind == opText, c.rest()
	}
}

// rest waits for the next message without hurry.
func (c *Conn) rest() error {
	c.begun = false
	return c.arm(time.Time{})
}

// header reads the head of the next frame.
func (c *Conn) header(fragmented bool) (ws.Header, error) {
	head, err := ws.ReadHeaderBuffer((*reader)(c), c.head[:])
	if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
		return head, &CloseError{Code: CloseProtocol, Reason: "bad length"}
	}
	if err != nil {
		return head, err
	}
	state := ws.StateServerSide
	if fragmented {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(head, state); err != nil {
		return head, &CloseError{Code: CloseProtocol, Reason: err.Error()}
	}
	return head, nil
}

// step is how much memory a message is given beforehand.
const step = 4 << 10

// payload appends a frame's payload to the message.
func (c *Conn) payload(message []byte, head ws.Header) ([]byte, error) {
	if head.Length > c.limit-int64(len(message)) {
		return nil, &CloseError{Code: CloseTooBig, Reason: "the message is too large"}
	}
	start := len(message)
	for left := int(head.Length); left > 0; {
		part := min(left, max(step, len(message)))
		message = slices.Grow(message, part)
		from := len(message)
		message = message[:from+part]
		if _, err := io.ReadFull((*reader)(c), message[from:]); err != nil {
			return nil, err
		}
		left -= part
	}
	ws.Cipher(message[start:], head.Mask, 0)
	return message, nil
}

// control answers a control frame (section 5.5).
func (c *Conn) control(head ws.Header) error {
	var space [maxControlPayload]byte
	payload := space[:head.Length]
	if _, err := io.ReadFull((*reader)(c), payload); err != nil {
		return err
	}
	ws.Cipher(payload, head.Mask, 0)
	switch head.OpCode {
	case opPing:
		return c.writeControl(opPong, payload, c.patience)
	case opPong:
		c.awaited.Store(false)
		return nil
	}
	closed := &CloseError{Code: closeNoCode, Received: true}
	if len(payload) >= 2 {
		closed.Code, closed.Reason = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
	}
	return closed
}

// reader reads the connection, and what came before it. With the first byte of a message its time begins.
type reader Conn

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.take(p)
	if n > 0 && !r.begun {
		r.begun = true
		err = errors.Join(err, (*Conn)(r).arm(time.Now().Add(r.patience)))
	}
	return n, err
}

func (r *reader) take(p []byte) (int, error) {
	if len(r.ahead) == 0 {
		return r.stream.Read(p)
	}
	n := copy(p, r.ahead)
	if r.ahead = r.ahead[n:]; len(r.ahead) == 0 {
		r.ahead = nil
	}
	return n, nil
}

// Drain reads and forgets what the client still sends, at most that many bytes, until the connection ends: who closes a
// connection with bytes unread makes the other side lose what it was told last.
func (c *Conn) Drain(limit int64) {
	_, _ = io.Copy(io.Discard, io.LimitReader((*reader)(c), limit))
}
