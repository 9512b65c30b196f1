package transport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// serveOperation answers one HTTP request: a whole response, a batch of them, or a stream where the client accepts one.
func (h *Handler) serveOperation(w http.ResponseWriter, r *http.Request) {
	exchange := &exchange{handler: h, w: w, r: r, ranges: acceptedRanges(r.Header)}
	defer exchange.recovered()
	if refusal := exchange.serve(); refusal != nil {
		writeRefusal(w, exchange.media(), refusal)
	}
}

// recovered answers a panic like any other failure of the server; a stream that has begun is broken off.
func (e *exchange) recovered() {
	reason := recover()
	if reason == nil {
		return
	}
	if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	e.handler.panicked(e.r.Context(), reason)
	if e.begun {
		panic(http.ErrAbortHandler)
	}
	writeRefusal(e.w, e.media(), refusalOf(errPanicked))
}

// exchange is one HTTP request and how its response is to look.
type exchange struct {
	handler *Handler
	w       http.ResponseWriter
	r       *http.Request
	ranges  []mediaRange
	ctx     context.Context // it lives exactly as long as the request that it belongs to
	caller  Caller

	// begun says that the head of a stream was written.
	begun bool
}

// media is the type of a whole response. Where the client accepts neither, errors have the one whose status tells them
// from results: clients of streams go by that.
func (e *exchange) media() string {
	if media := whole(e.ranges); media != "" {
		return media
	}
	return mediaGraphQL
}

// serve returns a refusal as long as nothing was written.
func (e *exchange) serve() *Refusal {
	if whole(e.ranges) == "" && !e.streams() {
		return Refuse(http.StatusNotAcceptable, CodeNotAcceptable, "the response can be "+mediaGraphQL+" or "+mediaJSON)
	}
	if refusal := e.admit(); refusal != nil {
		return refusal
	}
	if e.r.Method == http.MethodPost {
		return e.servePost()
	}
	req, refusal := e.read()
	if refusal != nil {
		return refusal
	}
	return e.run(req)
}

// servePost is the only method with bodies, and so with batches.
func (e *exchange) servePost() *Refusal {
	body, refusal := e.handler.readBody(e.w, e.r)
	if refusal != nil {
		return refusal
	}
	if isBatch(body) {
		return e.serveBatch(body)
	}
	req, refusal := e.handler.decodeRequest(body)
	if refusal != nil {
		return refusal
	}
	return e.run(req)
}

// read reads the one operation of the request, from its body or from its URL.
func (e *exchange) read() (*Request, *Refusal) {
	if e.r.Method != http.MethodPost {
		return e.readURL()
	}
	body, refusal := e.handler.readBody(e.w, e.r)
	if refusal != nil {
		return nil, refusal
	}
	return e.handler.decodeRequest(body)
}

// streams says whether the client accepts any form of a stream.
func (e *exchange) streams() bool {
	return named(e.ranges, mediaEventStream) || acceptedMultipart(e.ranges) != noMultipart
}

// admit decides, before anything is read, whether this client may ask at all.
func (e *exchange) admit() *Refusal {
	h := e.handler
	if e.streams() && e.r.Header.Get("Origin") != "" && h.foreign(e.r) {
		return h.denied(e.r.Context(), e.r, Refuse(http.StatusForbidden, CodeOriginNotAllowed, "this origin is not allowed"))
	}
	ctx, caller, refusal := h.caller(e.r.Context(), e.r, nil)
	if refusal != nil {
		return refusal
	}
	e.ctx, e.caller = ctx, caller
	return h.denied(ctx, e.r, h.crossSite(e.r, caller))
}

// readURL reads the operation from the URL. A Content-Type on a GET is a browser's way around the preflight or a
// mistake; only JSON's is let pass.
func (e *exchange) readURL() (*Request, *Refusal) {
	if e.r.Header.Get("Content-Type") != "" {
		if refusal := checkContentType(e.r.Header); refusal != nil {
			return nil, refusal
		}
	}
	if int64(len(e.r.URL.RawQuery)) > e.handler.options.Limits.Body {
		return nil, tooLarge()
	}
	return e.handler.decodeQuery(e.r.URL.Query())
}

// run prepares the operation and answers in the form that its kind and the client's Accept allow.
func (e *exchange) run(req *Request) *Refusal {
	operation, refusal := e.prepare(req)
	if refusal != nil {
		return refusal
	}
	if refusal := e.checkMethod(operation); refusal != nil {
		return refusal
	}
	switch {
	case operation.Kind() == Subscription:
		return e.serveSubscription(operation)
	case named(e.ranges, mediaEventStream) && preferred(e.ranges, mediaEventStream, mediaGraphQL, mediaJSON) == mediaEventStream:
		return e.serveEvents(operation)
	case operation.Incremental() && acceptedMultipart(e.ranges) != noMultipart:
		return e.serveIncremental(operation)
	}
	return e.serveWhole(operation)
}

// checkMethod refuses mutations that a link could carry.
func (e *exchange) checkMethod(operation Operation) *Refusal {
	if operation.Kind() != Mutation || e.r.Method == http.MethodPost {
		return nil
	}
	e.w.Header().Set("Allow", "POST")
	return Refuse(http.StatusMethodNotAllowed, CodeMethodNotAllowed, "mutations must be sent with POST")
}

// prepare completes the request and hands it to the engine.
func (e *exchange) prepare(req *Request) (Operation, *Refusal) {
	req.Header, req.Caller = e.r.Header, e.caller
	req.Client, req.Remote = clientOf(e.r.Header, nil), remoteOf(e.r)
	req.LastEventID = e.r.Header.Get("Last-Event-ID")
	return e.handler.engine.Prepare(e.ctx, req)
}

// serveSubscription answers a subscription as server-sent events or as Apollo's multipart.
func (e *exchange) serveSubscription(operation Operation) *Refusal {
	switch {
	case named(e.ranges, mediaEventStream):
		return e.serveEvents(operation)
	case acceptedMultipart(e.ranges) == multipartSubscription:
		return e.serveMultipartSubscription(operation)
	}
	return Refuse(http.StatusNotAcceptable, CodeNotAcceptable,
		"subscriptions are answered over a websocket, or with Accept: text/event-stream or multipart/mixed;subscriptionSpec=1.0")
}

func (e *exchange) serveWhole(operation Operation) *Refusal {
	media := whole(e.ranges)
	if media == "" {
		return Refuse(http.StatusNotAcceptable, CodeNotAcceptable, "the response can be "+mediaGraphQL+" or "+mediaJSON)
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.handler.options.Limits.Operation)
	defer cancel()
	result := operation.Execute(ctx)
	status := http.StatusOK
	if !result.HasData && media == mediaGraphQL {
		status = http.StatusBadRequest
	}
	if writeBody(e.w, media, status, result.Body) {
		result.written()
	}
	return nil
}

// writeRefusal writes errors. Of a document that was understood as a request but not accepted (Status 0), the legacy
// media type says 200: its clients read only those (GraphQL over HTTP, section 6.4.1).
func writeRefusal(w http.ResponseWriter, media string, refusal *Refusal) {
	status := refusal.status()
	if refusal.Status == 0 && media == mediaJSON {
		status = http.StatusOK
	}
	for name, values := range refusal.Header {
		w.Header()[name] = values
	}
	writeBody(w, media, status, refusal.Body())
}

// writeBody says whether all of the body was written.
func writeBody(w http.ResponseWriter, media string, status int, body []byte) bool {
	header := w.Header()
	header.Set("Content-Type", media+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept")
	w.WriteHeader(status)
	return writeSteadily(w, body)
}

// A client has bodyPatience for each bodyChunk of a whole response.
const (
	bodyChunk    = 256 << 10
	bodyPatience = 10 * time.Second
)

// writeSteadily writes a body of any size, and gives up on a client that has stopped reading it: it says whether it did
// not.
func writeSteadily(w http.ResponseWriter, body []byte) bool {
	control := http.NewResponseController(w)
	for chunk := range slices.Chunk(body, bodyChunk) {
		_ = control.SetWriteDeadline(time.Now().Add(bodyPatience))
		if _, err := w.Write(chunk); err != nil {
			return false
		}
	}
	return true
}
