// Package failure is how a fault reaches a client of a subgraph.
//
//	domain ── fault ──> Present ──> GraphQL error: a message that may be shown, extensions.code, extensions.traceId
//	                └─> UserErrors ──> what somebody can correct in the input of a mutation
//	panic ───────────> Recover ──> an internal fault, logged with its stack
//
// Invariant: nothing but a fault's client-safe message, or what the GraphQL library says about the client's own
// document, leaves the process. Everything else is logged under the trace id that the client is given.
package failure
