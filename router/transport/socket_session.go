package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"devportal.internal/router/transport/websocket"
)

// initialise answers connection_init: it finds out who is asking and acknowledges.
func (s *socket) initialise(m message) error {
	if s.inited {
		return &closing{closeSecondInit, "too many initialisation requests"}
	}
	s.inited = true
	if !s.init.Stop() {
		return &closing{closeInitTimeout, "connection initialisation timeout"}
	}
	ctx, caller, refusal := s.authenticate(m.Payload)
	if refusal != nil {
		return s.refuse(refusal)
	}
	if !s.handler.sockets.remember(caller.Identity) {
		return &closing{websocket.CloseTryAgain, "too many sockets of this user"}
	}
	s.counted, s.callerC, s.caller = true, ctx, caller
	s.client = clientOf(s.request.Header, m.Payload)
	s.endWith(ctx, caller)
	if err := s.write(message{Type: s.words.ack}); err != nil {
		return err
	}
	s.mu.Lock()
	s.acked = true
	s.init = nil
	s.mu.Unlock()
	if s.words.keepAlive != "" {
		return s.write(message{Type: s.words.keepAlive})
	}
	return nil
}

// authenticate asks who is asking. An ambient caller from another site did not get past the origin check, but one
// without an Origin may have none to check.
func (s *socket) authenticate(init json.RawMessage) (context.Context, Caller, *Refusal) {
	if init == nil {
		init = json.RawMessage("{}")
	}
	return s.handler.caller(s.ctx, s.request, init)
}

// refuse ends a socket whose caller was not accepted; the legacy protocol says so in a message first.
func (s *socket) refuse(refusal *Refusal) error {
	if s.words.refused != "" {
		if payload, err := json.Marshal(refusal.Errors[0]); err == nil {
			_ = s.write(message{Type: s.words.refused, Payload: payload})
		}
	}
	return &closing{closeForbidden, "forbidden"}
}

// endWith closes the socket when the caller's right ends: at its time, or with the context that Authenticate made.
func (s *socket) endWith(ctx context.Context, caller Caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unwatch != nil {
		s.unwatch()
		s.unwatch = nil
	}
	if ctx.Done() != s.ctx.Done() {
		s.unwatch = context.AfterFunc(ctx, func() {
			if s.ctx.Err() == nil {
				s.conn.Close(closeForbidden, "the credential has been revoked")
			}
		})
	}
	if s.expiry != nil {
		s.expiry.Stop()
		s.expiry = nil
	}
	if !caller.Expires.IsZero() {
		s.expiry = time.AfterFunc(caller.Expires.Sub(s.handler.options.Now()), func() {
			s.conn.Close(closeForbidden, "the token has expired")
		})
	}
}

// acknowledged says whether the init was accepted.
func (s *socket) acknowledged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked
}

// answerPing answers a ping of the protocol. One that carries {"renew": …} renews the caller's token.
func (s *socket) answerPing(m message) error {
	if m.Type == "" {
		return &closing{closeBadRequest, "unknown type of message"}
	}
	var payload struct {
		Renew json.RawMessage `json:"renew"`
	}
	if m.Payload == nil || json.Unmarshal(m.Payload, &payload) != nil || payload.Renew == nil {
		return s.write(message{Type: s.words.pong, Payload: m.Payload})
	}
	if !s.acked {
		return &closing{closeUnauthorized, "unauthorised"}
	}
	ctx, caller, refusal := s.authenticate(payload.Renew)
	if refusal == nil && caller.Identity != s.caller.Identity {
		refusal = s.handler.denied(ctx, s.request, Refuse(http.StatusForbidden, CodeForbidden, "a renewed token must be of the same caller"))
	}
	if refusal != nil {
		return &closing{closeForbidden, "forbidden"}
	}
	s.callerC, s.caller = ctx, caller
	s.endWith(ctx, caller)
	return s.write(message{Type: s.words.pong, Payload: json.RawMessage(`{"renewed":true}`)})
}
