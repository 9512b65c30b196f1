// Package upstream carries requests to subgraphs and their answers back.
//
// Terms:
//
//   - A request is the JSON object that GraphQL over HTTP defines (query, operationName, variables), ready to send, with
//     the name of the subgraph it is for.
//   - A transport moves one request: over net/http (TLS, HTTP/2), over the lean HTTP/1.1 client (package http1), or
//     in-process by calling an http.Handler.
//   - A policy stands before a transport: deduplication, circuit breaker, retries, time limit.
//   - A stream is an upstream subscription: server-sent events or graphql-transport-ws.
//
// A request passes, in this order:
//
//	Set.Do ─▶ headers, signature ─▶ deduplicate ─▶ breaker ─▶ retry ─▶ time limit ─▶ transport
//
// Main invariant: nothing of a client's headers reaches a subgraph unless its name was configured, no answer is larger
// than its limit (counted while it is read, after decompression), and no call outlives its context.
package upstream
