// Package authorize carries decisions into domain calls.
//
//	resolver ── gate.Access(ctx, permission) ──> authz.Decision ── domain ── store: the decision's SQL predicate
//
// Invariant: without a verified principal there is no decision, and a subgraph reads nothing.
package authorize
