package transport

import (
	"bytes"
	"encoding/json"

	"github.com/coder/websocket"
)

// The subprotocols of websockets.
const (
	transportWS = "graphql-transport-ws"
	legacyWS    = "graphql-ws"
)

// The close codes of the protocols (package documentation).
const (
	closeBadRequest   websocket.StatusCode = 4400
	closeUnauthorized websocket.StatusCode = 4401
	closeForbidden    websocket.StatusCode = 4403
	closeSubprotocol  websocket.StatusCode = 4406
	closeInitTimeout  websocket.StatusCode = 4408
	closeDuplicate    websocket.StatusCode = 4409
	closeSecondInit   websocket.StatusCode = 4429
)

// closing is the error of a message that ends the socket.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c *closing) Error() string { return c.reason }

// vocabulary is what a subprotocol calls its messages. An empty word is one that it does not have.
type vocabulary struct {
	init, ack, refused      string
	subscribe, unsubscribe  string
	next, failure, complete string
	ping, pong              string
	keepAlive, terminate    string

	// oneError says that `error` carries one error, not a list; confirm, that the end that a client asks for is
	// confirmed.
	oneError bool
	confirm  bool
}

func vocabularies(subprotocol string) (vocabulary, bool) {
	switch subprotocol {
	case transportWS:
		return vocabulary{
			init: "connection_init", ack: "connection_ack",
			subscribe: "subscribe", unsubscribe: "complete",
			next: "next", failure: "error", complete: "complete",
			ping: "ping", pong: "pong",
		}, true
	case legacyWS:
		return vocabulary{
			init: "connection_init", ack: "connection_ack", refused: "connection_error",
			subscribe: "start", unsubscribe: "stop",
			next: "data", failure: "error", complete: "complete",
			keepAlive: "ka", terminate: "connection_terminate",
			oneError: true, confirm: true,
		}, true
	}
	return vocabulary{}, false
}

// message is one message of either protocol, in either direction.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// encode writes the message without looking into its payload, which was encoded before.
func (m message) encode() ([]byte, error) {
	var text bytes.Buffer
	text.Grow(len(m.Payload) + len(m.ID) + 48)
	text.WriteString(`{"type":"` + m.Type + `"`)
	if m.ID != "" {
		id, err := json.Marshal(m.ID)
		if err != nil {
			return nil, err
		}
		text.WriteString(`,"id":`)
		text.Write(id)
	}
	if m.Payload != nil {
		text.WriteString(`,"payload":`)
		text.Write(m.Payload)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// maxID bounds the ids that clients choose.
const maxID = 256

// decodeMessage reads a message; what is none of the protocol closes the socket.
func (s *socket) decodeMessage(text []byte) (message, error) {
	if refusal := s.handler.checkJSON(text); refusal != nil {
		return message{}, &closing{closeBadRequest, refusal.Errors[0].Message}
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return message{}, &closing{closeBadRequest, "a message must be a JSON object"}
	}
	var m message
	if !decodeString(members["type"], &m.Type) || m.Type == "" {
		return message{}, &closing{closeBadRequest, "a message must have a type"}
	}
	if !decodeString(members["id"], &m.ID) || len(m.ID) > maxID {
		return message{}, &closing{closeBadRequest, "an id must be a short string"}
	}
	if !decodeObject(members["payload"], &m.Payload) {
		return message{}, &closing{closeBadRequest, "a payload must be an object"}
	}
	return m, nil
}

// handle does what a message asks for. Its error ends the socket.
func (s *socket) handle(text []byte) error {
	m, err := s.decodeMessage(text)
	if err != nil {
		return err
	}
	switch m.Type {
	case s.words.init:
		return s.initialise(m)
	case s.words.subscribe:
		return s.subscribe(m)
	case s.words.unsubscribe:
		return s.unsubscribe(m)
	case s.words.ping:
		return s.answerPing(m)
	case s.words.pong:
		return nil
	case s.words.terminate:
		return &closing{websocket.StatusNormalClosure, "bye"}
	}
	return &closing{closeBadRequest, "unknown type of message"}
}
