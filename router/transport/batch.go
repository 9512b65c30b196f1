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
// of one request. All are prepared before any is run, so that limits count across them; one that is refused leaves the
// others as they are.
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
	operations, answers := e.prepareBatch(requests)
	for at, operation := range operations {
		if operation != nil {
			answers[at] = operation.Execute(ctx).Body
		}
	}
	encoded := append([]byte{'['}, bytes.Join(answers, []byte{','})...)
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

// prepareBatch returns, for each request, the operation to run or the answer that refuses it.
func (e *exchange) prepareBatch(requests []*Request) ([]Operation, [][]byte) {
	operations, answers := make([]Operation, len(requests)), make([][]byte, len(requests))
	var before []Operation
	for at, req := range requests {
		req.Batched, req.Before = true, before
		operation, refusal := e.prepare(req)
		switch {
		case refusal != nil:
			answers[at] = refusal.Body()
			continue
		case operation.Kind() == Subscription || operation.Incremental():
			answers[at] = badParameter("a batch may hold no subscription and no @defer").Body()
		default:
			operations[at] = operation
		}
		before = append(before, operation)
	}
	return operations, answers
}
