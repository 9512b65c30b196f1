// Package postgres keeps the catalog: SQL, and nothing else.
//
//	catalog.locations ──< catalog.entities ──< catalog.relations (both directions, by the entity that says so)
//	catalog.fetched       what URLs answered last
//
// Every read takes the access predicate, over the alias e of catalog.entities. Changes of entities are told on the
// event log in the transaction that makes them.
package postgres
