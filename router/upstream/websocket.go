package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"devportal.internal/router/upstream/http1"
)

const (
	subprotocol = "graphql-transport-ws"
	frameBytes  = 1 << 10 // of a message around its payload
)

// message is one of graphql-transport-ws.
type message struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// streamWebSocket opens a subscription by graphql-transport-ws, on a connection of its own.
func (m *member) streamWebSocket(ctx context.Context, body []byte, headers []http1.Header) (Stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	conn, err := m.openWebSocket(ctx, bytes.Clone(body), headers)
	if err != nil {
		err = m.classify(ctx, err)
		cancel()
		return nil, err
	}
	return newPump(ctx, cancel, m.classify, func(ctx context.Context, emit func([]byte) bool) error {
		defer func() { _ = conn.CloseNow() }()
		return readMessages(ctx, conn, emit)
	}), nil
}

// openWebSocket connects, waits for the subgraph's acknowledgement and subscribes, all within the subgraph's time limit.
func (m *member) openWebSocket(ctx context.Context, body []byte, headers []http1.Header) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel()
	header := http.Header{}
	for _, h := range headers {
		header.Add(h.Name, h.Value)
	}
	conn, resp, err := websocket.Dial(ctx, webSocketURL(m.config.StreamURL), &websocket.DialOptions{
		HTTPClient: m.streamClient, HTTPHeader: header, Subprotocols: []string{subprotocol},
	})
	if err != nil {
		return nil, dialError(resp, err)
	}
	conn.SetReadLimit(m.config.MaxResponseBytes + frameBytes)
	if err := start(ctx, conn, body); err != nil {
		_ = conn.CloseNow()
		return nil, err
	}
	return conn, nil
}

func dialError(resp *http.Response, err error) error {
	if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
		return &Error{Reason: BadStatus, Status: resp.StatusCode, Err: err}
	}
	return fmt.Errorf("opening the websocket: %w", err)
}

func webSocketURL(url string) string {
	if rest, ok := strings.CutPrefix(url, "http"); ok {
		return "ws" + rest
	}
	return url
}

var errNotAcknowledged = errors.New("the subgraph did not acknowledge the connection")

func start(ctx context.Context, conn *websocket.Conn, body []byte) error {
	if conn.Subprotocol() != subprotocol {
		return &Error{Reason: BadAnswer, Err: errNotAcknowledged}
	}
	if err := send(ctx, conn, message{Type: "connection_init"}); err != nil {
		return err
	}
	for {
		in, err := receive(ctx, conn)
		switch {
		case err != nil:
			return err
		case in.Type == "connection_ack":
			return send(ctx, conn, message{Type: "subscribe", ID: "1", Payload: body})
		case in.Type == "ping":
			if err := send(ctx, conn, message{Type: "pong"}); err != nil {
				return err
			}
		default:
			return &Error{Reason: BadAnswer, Err: errNotAcknowledged}
		}
	}
}

// readMessages emits results until the subgraph completes the subscription, or refuses it with errors.
func readMessages(ctx context.Context, conn *websocket.Conn, emit func([]byte) bool) error {
	for {
		in, err := receive(ctx, conn)
		if err != nil {
			return err
		}
		switch in.Type {
		case "next":
			if !emit(in.Payload) {
				return nil
			}
		case "error":
			emit(append(append([]byte(`{"errors":`), in.Payload...), '}'))
			return nil
		case "complete":
			_ = conn.Close(websocket.StatusNormalClosure, "")
			return nil
		case "ping":
			if err := send(ctx, conn, message{Type: "pong"}); err != nil {
				return err
			}
		}
	}
}

func send(ctx context.Context, conn *websocket.Conn, m message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	if err := conn.Write(ctx, websocket.MessageText, b); err != nil {
		return fmt.Errorf("sending a message: %w", err)
	}
	return nil
}

func receive(ctx context.Context, conn *websocket.Conn) (message, error) {
	_, b, err := conn.Read(ctx)
	if err != nil {
		if errors.Is(err, websocket.ErrMessageTooBig) {
			return message{}, &Error{Reason: TooLarge, Err: err}
		}
		return message{}, fmt.Errorf("receiving a message: %w", err)
	}
	var m message
	if err := json.Unmarshal(b, &m); err != nil {
		return message{}, &Error{Reason: BadAnswer, Err: err}
	}
	return m, nil
}
