package websocket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	client "github.com/coder/websocket"
	"github.com/gobwas/ws"

	"devportal.internal/router/transport/websocket"
)

// serve gives every connection to handle, and returns the address.
func serve(t *testing.T, patience time.Duration, handle func(*websocket.Conn)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, websocket.Options{Subprotocols: []string{"a", "b"}, Limit: 1 << 20, Patience: patience})
		if err == nil {
			go handle(conn)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// echo answers every message with itself, in two parts, until a message or the client ends that.
func echo(conn *websocket.Conn) {
	for {
		message, _, err := conn.Read()
		if err != nil {
			var closed *websocket.CloseError
			if errors.As(err, &closed) && !closed.Received {
				conn.Close(closed.Code, closed.Reason)
				conn.Drain(4 << 20)
			}
			conn.CloseNow()
			return
		}
		half := len(message) / 2
		if conn.Write(message[:half], message[half:]) != nil {
			conn.CloseNow()
			return
		}
	}
}

func TestConn_carries_messages_of_every_size(t *testing.T) {
	t.Parallel()
	conn, _, err := client.Dial(t.Context(), serve(t, time.Minute, echo), &client.DialOptions{Subprotocols: []string{"x", "b", "a"}})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(2 << 20)
	defer func() { _ = conn.CloseNow() }()
	if conn.Subprotocol() != "b" {
		t.Errorf("chose %q", conn.Subprotocol())
	}
	for _, size := range []int{0, 1, 125, 126, 4096, 65535, 65536, 1 << 20} {
		text := strings.Repeat("x", size)
		if err := conn.Write(t.Context(), client.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(t.Context()); err != nil || string(got) != text {
			t.Fatalf("%d bytes: got %d bytes, %v", size, len(got), err)
		}
	}
	answered := make(chan error, 1)
	go func() { answered <- conn.Ping(t.Context()) }()
	go func() { _, _, _ = conn.Read(t.Context()) }()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

func dialRaw(t *testing.T, url string) net.Conn {
	t.Helper()
	conn, _, _, err := ws.Dial(t.Context(), "ws"+strings.TrimPrefix(url, "http"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// readFrame reads one frame that the server sent.
func readFrame(conn net.Conn) (ws.OpCode, []byte, error) {
	head, err := ws.ReadHeader(conn)
	if err != nil {
		return 0, nil, err
	}
	payload := make([]byte, head.Length)
	_, err = io.ReadFull(conn, payload)
	return head.OpCode, payload, err
}

func TestConn_puts_fragments_together_and_answers_pings_between_them(t *testing.T) {
	t.Parallel()
	conn := dialRaw(t, serve(t, time.Minute, echo))
	for _, frame := range []ws.Frame{
		ws.NewFrame(ws.OpText, false, []byte("one ")), ws.NewPingFrame([]byte("?")), ws.NewFrame(ws.OpContinuation, true, []byte("two")),
	} {
		if err := ws.WriteFrame(conn, ws.MaskFrame(frame)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"?", "one two"} {
		if _, payload, err := readFrame(conn); err != nil || string(payload) != want {
			t.Errorf("got %q, %v; want %q", payload, err, want)
		}
	}
}

func TestConn_closes_with_the_codes_of_the_protocol(t *testing.T) {
	t.Parallel()
	url := serve(t, time.Minute, echo)
	for name, c := range map[string]struct {
		frame  ws.Frame
		masked bool
		code   ws.StatusCode
	}{
		"not masked":             {ws.NewTextFrame([]byte("x")), false, 1002},
		"a reserved bit":         {ws.Frame{Header: ws.Header{Fin: true, Rsv: 4, OpCode: ws.OpText}}, true, 1002},
		"a reserved opcode":      {ws.NewFrame(5, true, nil), true, 1002},
		"a continuation first":   {ws.NewFrame(ws.OpContinuation, true, nil), true, 1002},
		"a fragmented ping":      {ws.NewFrame(ws.OpPing, false, nil), true, 1002},
		"text that is not UTF-8": {ws.NewTextFrame([]byte{0xff}), true, 1007},
		"a message too large":    {ws.NewTextFrame(make([]byte, 1<<20+1)), true, 1009},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dialRaw(t, url)
			frame := c.frame
			if c.masked {
				frame = ws.MaskFrame(frame)
			}
			_ = ws.WriteFrame(conn, frame)
			kind, payload, err := readFrame(conn)
			if err != nil || kind != ws.OpClose {
				t.Fatalf("got %v, %v", kind, err)
			}
			if code, _ := ws.ParseCloseFrameData(payload); code != c.code {
				t.Errorf("got %d", code)
			}
		})
	}
}

func TestConn_lets_go_of_who_begins_a_message_and_does_not_end_it(t *testing.T) {
	t.Parallel()
	conn := dialRaw(t, serve(t, 100*time.Millisecond, echo))
	if err := ws.WriteHeader(conn, ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Length: 1 << 19}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestAccept_refuses_what_is_no_handshake(t *testing.T) {
	t.Parallel()
	url := serve(t, time.Minute, echo)
	for name, c := range map[string]struct {
		header map[string]string
		status int
	}{
		"no key":         {map[string]string{"Sec-WebSocket-Version": "13"}, 400},
		"a short key":    {map[string]string{"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "eA=="}, 400},
		"an old version": {map[string]string{"Sec-WebSocket-Version": "8", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}, 426},
	} {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
		for name, value := range c.header {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != c.status {
			t.Errorf("%s: got %v, %v", name, resp, err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
}
