package websocket

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // the protocol's, and no secret
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options bounds a connection. All fields must be set, except Subprotocols.
type Options struct {
	// Subprotocols are those that the server speaks; the first that the client names is chosen.
	Subprotocols []string

	// Limit is the number of bytes of a message, and Patience how long it may take to arrive, or to be written.
	Limit    int64
	Patience time.Duration
}

// acceptGUID is what the answer to a key is made with (RFC 6455, section 4.2.2).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// sendBuffer is how much the system keeps for a client that does not read. Left alone it gives each some megabytes.
const sendBuffer = 256 << 10

var errHandshake = errors.New("not a websocket handshake")

// Accept answers a handshake (RFC 6455, section 4.2). After an error the request is answered. The connection outlives the
// handler of the request.
func Accept(w http.ResponseWriter, r *http.Request, options Options) (*Conn, error) {
	key := r.Header.Get("Sec-Websocket-Key")
	if decoded, err := base64.StdEncoding.DecodeString(key); err != nil || len(decoded) != 16 {
		http.Error(w, "not a websocket handshake: no valid Sec-WebSocket-Key", http.StatusBadRequest)
		return nil, errHandshake
	}
	if r.Header.Get("Sec-Websocket-Version") != "13" {
		w.Header().Set("Sec-Websocket-Version", "13")
		http.Error(w, "only version 13 of the websocket protocol is spoken", http.StatusUpgradeRequired)
		return nil, errHandshake
	}
	stream, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "websockets need HTTP/1.1", http.StatusNotImplemented)
		return nil, fmt.Errorf("taking over the connection: %w", err)
	}
	if sized, able := stream.(interface{ SetWriteBuffer(bytes int) error }); able {
		_ = sized.SetWriteBuffer(sendBuffer)
	}
	c := &Conn{stream: stream, limit: options.Limit, patience: options.Patience, subprotocol: choose(r, options.Subprotocols)}
	c.ahead, err = ahead(buffered.Reader)
	if err == nil {
		err = c.answer(w.Header(), key)
	}
	if err != nil {
		_ = stream.Close()
		return nil, err
	}
	return c, nil
}

// choose is the first subprotocol of the client that the server speaks, "" for none.
func choose(r *http.Request, spoken []string) string {
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); slices.Contains(spoken, name) {
				return name
			}
		}
	}
	return ""
}

// ahead is what the client has sent behind its handshake already.
func ahead(r *bufio.Reader) ([]byte, error) {
	if r.Buffered() == 0 {
		return nil, nil
	}
	waiting, err := r.Peek(r.Buffered())
	return slices.Clone(waiting), err
}

func (c *Conn) answer(header http.Header, key string) error {
	sum := sha1.Sum([]byte(key + acceptGUID)) //nolint:gosec // the protocol's, and no secret
	header = header.Clone()
	header.Set("Upgrade", "websocket")
	header.Set("Connection", "Upgrade")
	header.Set("Sec-Websocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
	if c.subprotocol != "" {
		header.Set("Sec-Websocket-Protocol", c.subprotocol)
	}
	var head strings.Builder
	head.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	_ = header.Write(&head)
	head.WriteString("\r\n")
	if err := c.stream.SetDeadline(time.Now().Add(c.patience)); err != nil {
		return fmt.Errorf("answering the handshake: %w", err)
	}
	if _, err := c.stream.Write([]byte(head.String())); err != nil {
		return fmt.Errorf("answering the handshake: %w", err)
	}
	return c.stream.SetDeadline(time.Time{})
}
