package websocket

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// small is the size up to which a message is copied, to be written at once; a larger one is written from where it is.
const small = 16 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }} //nolint:gochecknoglobals // holds nothing

// Write sends one text message that consists of the parts, which may be shared with others: none is changed.
func (c *Conn) Write(parts ...[]byte) error {
	total := 0
	for _, part := range parts {
		total += len(part)
	}
	return c.write(opText, total, parts, c.patience)
}

func (c *Conn) write(op ws.OpCode, total int, parts [][]byte, patience time.Duration) error {
	buffer, _ := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if err := ws.WriteHeader(buffer, ws.Header{Fin: true, OpCode: op, Length: int64(total)}); err != nil {
		return fmt.Errorf("writing a frame: %w", err)
	}
	if total <= small {
		for _, part := range parts {
			buffer.Write(part)
		}
		parts = nil
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.stream.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("writing a frame: %w", err)
	}
	all := append(net.Buffers{buffer.Bytes()}, parts...)
	if len(all) == 1 {
		_, err := c.stream.Write(all[0])
		return err
	}
	_, err := all.WriteTo(c.stream)
	return err
}

func (c *Conn) writeControl(op ws.OpCode, payload []byte, patience time.Duration) error {
	return c.write(op, len(payload), [][]byte{payload}, patience)
}

// Ping asks the client for a sign of life.
func (c *Conn) Ping() error {
	c.awaited.Store(true)
	return c.writeControl(opPing, nil, c.patience)
}

// Silent says that the client has not answered the last Ping.
func (c *Conn) Silent() bool { return c.awaited.Load() }
