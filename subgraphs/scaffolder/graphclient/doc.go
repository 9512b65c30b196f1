// Package graphclient lets tasks use the portal's own graph with the rights of whoever started them.
//
//	task ── principal ── a short client token ── POST /graphql ── router ── catalog
//
// Invariant: what a task may do in the graph is what its principal may do: there is no other identity to do it with.
package graphclient
