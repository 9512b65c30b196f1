package transport

import (
	"encoding/json"

	"devportal.internal/router/transport/websocket"
)

// The subprotocols of websockets.
const (
	transportWS = "graphql-transport-ws"
	legacyWS    = "graphql-ws"
)

// The close codes of the protocols (package documentation).
const (
	closeInternal     = 1011
	closeBadRequest   = 4400
	closeUnauthorized = 4401
	closeForbidden    = 4403
	closeSubprotocol  = 4406
	closeInitTimeout  = 4408
	closeDuplicate    = 4409
	closeSecondInit   = 4429
)

// closing is the error of a message that ends the socket.
type closing struct {
	code   int
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

// vocabularies are the words of both subprotocols.
func vocabularies() map[string]*vocabulary {
	return map[string]*vocabulary{
		transportWS: {
			init: "connection_init", ack: "connection_ack",
			subscribe: "subscribe", unsubscribe: "complete",
			next: "next", failure: "error", complete: "complete",
			ping: "ping", pong: "pong",
		},
		legacyWS: {
			init: "connection_init", ack: "connection_ack", refused: "connection_error",
			subscribe: "start", unsubscribe: "stop",
			next: "data", failure: "error", complete: "complete",
			keepAlive: "ka", terminate: "connection_terminate",
			oneError: true, confirm: true,
		},
	}
}

// message is one message of either protocol, in either direction.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// encode returns what stands before and behind the payload, which was encoded before, once for all who get it.
func (m message) encode() (head, tail []byte, err error) {
	head = append(make([]byte, 0, len(m.ID)+48), `{"type":"`+m.Type+`"`...)
	if m.ID != "" {
		id, err := json.Marshal(m.ID)
		if err != nil {
			return nil, nil, err
		}
		head = append(append(head, `,"id":`...), id...)
	}
	if m.Payload != nil {
		head = append(head, `,"payload":`...)
	}
	return head, closeBrace, nil
}

var closeBrace = []byte{'}'} //nolint:gochecknoglobals // constant

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
		return &closing{websocket.CloseNormal, "bye"}
	}
	return &closing{closeBadRequest, "unknown type of message"}
}
