// Package postgres keeps what bills say in the database schema `cost`, and reads it back joined with the index of entities,
// under the caller's access predicate.
//
// Invariant: every reading is one statement, so that its parts come from one snapshot and add up.
package postgres
