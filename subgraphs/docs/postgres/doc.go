// Package postgres keeps sites and their pages in the database schema `docs`, and reads and searches them joined with the
// index of entities, under the caller's access predicate.
//
//	a build ─────────────────┐
//	                         ├─▶ sites and pages, and an event (one transaction)
//	a change of an entity ───┘
//
// Invariant: what is read belongs to an entity that is in the index and that the caller's predicate admits; a site that
// was removed is never shown again by a build that began before.
package postgres
