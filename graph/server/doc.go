// Package server serves the GraphQL schema of one subgraph to the router.
//
//	router ── internal token, JSON ──> body cap ─> Authenticate ─> transport ─> token limit ─> limits ─> validate ─> resolve
//	                                                                  ├ POST        one answer
//	                                                                  ├ POST + SSE  answers as they come (graphql-sse, distinct connections)
//	                                                                  └ websocket   graphql-transport-ws
//
// It is no public endpoint: whoever has no internal token is refused before the body is parsed. Introspection is off,
// but `{ _service { sdl } }` is answered, from which the router composes.
//
// Invariant: whatever the body holds, the memory and time spent before the first resolver runs are bounded.
package server
