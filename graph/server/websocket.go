package server

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	coderws "github.com/coder/websocket"
)

const (
	websocketProtocol    = "graphql-transport-ws"
	websocketInitTimeout = 10 * time.Second
)

// newWebsocket configures graphql-transport-ws. Who is asking was settled by the token of the upgrade request.
func newWebsocket(opts Options) transport.Websocket {
	readLimit := opts.MaxBodyBytes
	return transport.Websocket{
		Implementation: transport.CoderWebsocketImplementation{AcceptOptions: coderws.AcceptOptions{
			Subprotocols: []string{websocketProtocol},
		}},
		InitTimeout:      websocketInitTimeout,
		PingPongInterval: opts.KeepAlive,
		PayloadReadLimit: &readLimit,
		InitFunc: func(ctx context.Context, _ transport.InitPayload) (context.Context, *transport.InitPayload, error) {
			return ctx, nil, nil
		},
	}
}

func (t *transports) serveWebsocket(w http.ResponseWriter, r *http.Request) {
	if !offers(r, websocketProtocol) {
		refuse(w, http.StatusBadRequest, "BAD_REQUEST", "the only websocket protocol is "+websocketProtocol)
		return
	}
	r.Header.Set("Sec-WebSocket-Protocol", websocketProtocol)
	t.websocket.Do(w, r, t.exec)
}

func offers(r *http.Request, protocol string) bool {
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		if slices.ContainsFunc(strings.Split(header, ","), func(offered string) bool {
			return strings.TrimSpace(offered) == protocol
		}) {
			return true
		}
	}
	return false
}
