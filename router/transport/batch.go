package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
)

func isBatch(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && body[0] == '['
}

// serveBatch answers an array of requests with an array of responses, one after another, within the time and the bytes
// of one request.
func (e *exchange) serveBatch(body []byte) *Refusal {
	requests, refusal := e.decodeBatch(body)
	if refusal != nil {
		return refusal
	}
	media := whole(e.ranges)
	if media == "" {
		return Refuse(http.StatusNotAcceptable, CodeNotAcceptable, "a batch is answered as "+mediaJSON)
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.handler.options.Limits.Operation)
	defer cancel()
	answers := make([]json.RawMessage, len(requests))
	for at, req := range requests {
		answers[at] = e.answerInBatch(ctx, req)
	}
	encoded := append([]byte{'['}, bytes.Join(rawBytes(answers), []byte{','})...)
	writeBody(e.w, media, http.StatusOK, append(encoded, ']'))
	return nil
}

func (e *exchange) decodeBatch(body []byte) ([]*Request, *Refusal) {
	limit := e.handler.options.MaxBatch
	if limit == 0 {
		return nil, badParameter("batches are not enabled")
	}
	if refusal := e.handler.checkJSON(body); refusal != nil {
		return nil, refusal
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil || len(elements) == 0 {
		return nil, badParameter("a batch must hold requests")
	}
	if len(elements) > limit {
		return nil, badParameter("the batch holds too many requests")
	}
	requests := make([]*Request, len(elements))
	for at, element := range elements {
		req, refusal := e.handler.decodeRequest(element)
		if refusal != nil {
			return nil, refusal
		}
		requests[at] = req
	}
	return requests, nil
}

func (e *exchange) answerInBatch(ctx context.Context, req *Request) []byte {
	operation, refusal := e.prepare(req)
	switch {
	case refusal != nil:
		return refusal.Body()
	case operation.Kind() == Subscription || operation.Incremental():
		return badParameter("a batch may hold no subscription and no @defer").Body()
	}
	return operation.Execute(ctx).Body
}

func rawBytes(messages []json.RawMessage) [][]byte {
	all := make([][]byte, len(messages))
	for at, message := range messages {
		all[at] = message
	}
	return all
}
