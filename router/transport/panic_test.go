package transport_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"devportal.internal/router/transport"
)

// broken is an engine whose operations break.
type broken struct{}

func (broken) Prepare(_ context.Context, req *transport.Request) (transport.Operation, *transport.Refusal) {
	return brokenOperation{answer{req}}, nil
}

type brokenOperation struct{ answer }

func (brokenOperation) Execute(context.Context) *transport.Result {
	panic("an invariant does not hold")
}

func TestHandler_survives_an_operation_that_breaks(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := httptest.NewServer(transport.New(broken{}, transport.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}))
	defer server.Close()
	resp, err := http.Post(server.URL, "application/json", strings.NewReader(`{"query":"{a}"}`))
	if err != nil || resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("got %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	socket, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.CloseNow() }()
	for _, message := range []string{`{"type":"connection_init"}`, `{"type":"subscribe","id":"1","payload":{"query":"{a}"}}`} {
		if err := socket.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	var answers string
	for range 2 {
		_, text, err := socket.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		answers += string(text)
	}
	if !strings.Contains(answers, `"type":"error"`) || !strings.Contains(answers, "INTERNAL_SERVER_ERROR") || strings.Contains(answers, "invariant") {
		t.Error(answers)
	}
	if !strings.Contains(log.String(), "an invariant does not hold") {
		t.Error("the log does not say what broke")
	}
}
