package transport

import (
	"context"
	"encoding/json"

	"github.com/coder/websocket"
)

// initialise answers connection_init: it finds out who is asking and acknowledges.
func (s *socket) initialise(m message) error {
	if s.inited {
		return &closing{closeSecondInit, "too many initialisation requests"}
	}
	s.inited = true
	if !s.initialised.Stop() {
		return &closing{closeInitTimeout, "connection initialisation timeout"}
	}
	ctx, caller, refusal := s.authenticate(m.Payload)
	if refusal != nil {
		return s.refuse(refusal)
	}
	if !s.handler.sockets.remember(caller.Identity) {
		return &closing{websocket.StatusTryAgainLater, "too many sockets of this user"}
	}
	s.counted, s.callerC, s.caller = true, ctx, caller
	s.expireAt(caller)
	if err := s.write(message{Type: s.words.ack}); err != nil {
		return err
	}
	s.acked = true
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

func (s *socket) expireAt(caller Caller) {
	if !caller.Expires.IsZero() {
		select {
		case s.renewed <- caller.Expires:
		case <-s.ctx.Done():
		}
	}
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
	if refusal != nil || caller.Identity != s.caller.Identity {
		return &closing{closeForbidden, "forbidden"}
	}
	s.callerC, s.caller = ctx, caller
	s.expireAt(caller)
	return s.write(message{Type: s.words.pong, Payload: json.RawMessage(`{"renewed":true}`)})
}
