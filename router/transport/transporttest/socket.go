package transporttest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/coder/websocket"
)

// socketMessage is a message of either subprotocol.
type socketMessage struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// socket sends requests over one websocket, which is dialled anew when it was closed.
func (c carriers) socket(whole testing.TB, subprotocol, start string) func(testing.TB, string) Answer {
	var conn *websocket.Conn
	ids := 0
	return func(t testing.TB, request string) Answer {
		t.Helper()
		if conn == nil {
			conn = c.dial(whole, subprotocol)
		}
		ids++
		id := strconv.Itoa(ids)
		write(t, conn, socketMessage{Type: start, ID: id, Payload: json.RawMessage(request)})
		answer := Answer{Status: http.StatusSwitchingProtocols}
		for {
			message, code := read(t, conn)
			switch {
			case code != 0:
				conn, answer.Close = nil, code
				return answer
			case message.ID != id:
			case message.Type == "next" || message.Type == "data":
				answer.Body = string(message.Payload)
			case message.Type == "error":
				answer.Body = errorsOf(message.Payload)
				return answer
			case message.Type == "complete":
				return answer
			}
		}
	}
}

// errorsOf is the response map of an error message, which carries a list of errors or, in the older protocol, one.
func errorsOf(payload json.RawMessage) string {
	if len(payload) > 0 && payload[0] == '{' {
		payload = append(append(json.RawMessage("["), payload...), ']')
	}
	return `{"errors":` + string(payload) + `}`
}

func (c carriers) dial(t testing.TB, subprotocol string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), c.endpoint, &websocket.DialOptions{
		Subprotocols: []string{subprotocol}, HTTPHeader: c.header.Clone(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(64 << 20)
	write(t, conn, socketMessage{Type: "connection_init"})
	if message, code := read(t, conn); message.Type != "connection_ack" {
		t.Fatalf("the websocket was not accepted: %q, closed with %d", message.Type, code)
	}
	return conn
}

func write(t testing.TB, conn *websocket.Conn, message socketMessage) {
	t.Helper()
	text, err := json.Marshal(message)
	if err == nil {
		err = conn.Write(t.Context(), websocket.MessageText, text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// read returns the next message, or the code that the websocket was closed with.
func read(t testing.TB, conn *websocket.Conn) (socketMessage, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	_, text, err := conn.Read(ctx)
	if err != nil {
		if code := websocket.CloseStatus(err); code > 0 {
			return socketMessage{}, int(code)
		}
		t.Fatal(err)
	}
	var message socketMessage
	if err := json.Unmarshal(text, &message); err != nil {
		t.Fatal(err)
	}
	return message, 0
}
