package transport

import (
	"encoding/json"
	"net/http"
	"time"
)

// token is the token of a reservation that a request carries, "" if none.
func token(r *http.Request) string {
	if token := r.Header.Get(tokenHeader); token != "" {
		return token
	}
	return r.URL.Query().Get(tokenParameter)
}

// serveSingle answers a request of the single connection mode.
func (h *Handler) serveSingle(w http.ResponseWriter, r *http.Request) {
	e := &exchange{handler: h, w: w, r: r, ranges: acceptedRanges(r.Header)}
	if refusal := e.serveReserved(); refusal != nil {
		writeRefusal(w, mediaGraphQL, refusal)
	}
}

func (e *exchange) serveReserved() *Refusal {
	if refusal := e.admit(); refusal != nil {
		return refusal
	}
	if e.r.Method == http.MethodPut {
		return e.reserve()
	}
	reserved := e.handler.single.find(token(e.r), e.caller.Identity)
	if reserved == nil {
		return Refuse(http.StatusNotFound, CodeBadRequest, "there is no such reservation")
	}
	switch {
	case e.r.Method == http.MethodDelete:
		reserved.stop(e.r.URL.Query().Get("operationId"))
		e.w.WriteHeader(http.StatusOK)
		return nil
	case named(e.ranges, mediaEventStream):
		return e.connect(reserved)
	}
	return e.accept(reserved)
}

func (e *exchange) reserve() *Refusal {
	made := e.handler.single.reserve(e.caller.Identity)
	if made == "" {
		return Refuse(http.StatusServiceUnavailable, CodeTooManyOperations, "too many connections are reserved")
	}
	e.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	e.w.Header().Set("Cache-Control", "no-store")
	e.w.WriteHeader(http.StatusCreated)
	_, _ = e.w.Write([]byte(made))
	return nil
}

// connect is the stream of a reservation, which ends with it.
func (e *exchange) connect(reserved *reservation) *Refusal {
	h := e.handler
	if !h.drain.enter() {
		return shuttingDown()
	}
	defer h.drain.leave()
	ctx, cancel := h.bounded(e.ctx, e.caller)
	connection := &eventConnection{ctx: ctx, out: e.writer()}
	if !reserved.connect(connection) {
		cancel(nil)
		return Refuse(http.StatusConflict, CodeBadRequest, "the stream of the reservation is open already")
	}
	h.streams.Add(1)
	defer h.streams.Add(-1)
	defer h.single.drop(token(e.r))
	defer connection.running.Wait()
	defer reserved.disconnect(cancel)
	e.begin(eventFrames{})
	if connection.write([]byte(":\n\n")) != nil {
		return nil
	}
	beats := time.NewTicker(h.options.Limits.Ping)
	defer beats.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beats.C:
			if connection.write([]byte(":\n\n")) != nil {
				return nil
			}
		}
	}
}

// accept starts an operation whose responses go over the reservation's stream.
func (e *exchange) accept(reserved *reservation) *Refusal {
	req, refusal := e.read()
	if refusal != nil {
		return refusal
	}
	var extensions struct {
		OperationID string `json:"operationId"`
	}
	if json.Unmarshal(req.Extensions, &extensions) != nil || extensions.OperationID == "" || len(extensions.OperationID) > maxID {
		return badParameter("the extensions need an operationId")
	}
	operation, refusal := e.prepare(req)
	if refusal != nil {
		return refusal
	}
	if refusal := e.checkMethod(operation); refusal != nil {
		return refusal
	}
	ctx, connection, refusal := reserved.start(e.ctx, extensions.OperationID, e.handler.options.Limits.SocketOperations)
	if refusal != nil {
		return refusal
	}
	go reserved.run(ctx, extensions.OperationID, connection, e.contained(e.opener(operation)))
	e.w.WriteHeader(http.StatusAccepted)
	return nil
}
