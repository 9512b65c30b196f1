// Package postgres keeps what is known of clusters in the database schema `kubernetes`, and reads it back joined with the
// index of entities, under the caller's access predicate.
//
//	a reading of a cluster ──┐
//	                         ├─▶ reconcile ─▶ workloads, and an event for each difference (one transaction)
//	a change of an entity ───┘
//
// Invariant: a workload's entity is always the one that the matcher finds in the index as it is, and every event says
// which entity that was before and is now: a subscriber is told what became visible and what became hidden.
package postgres
