// Package entityindex is what the other subgraphs know of the catalog's entities: a projection of the catalog's events
// into one table in each subgraph's own schema.
//
//	catalog ──(one transaction)──> events ──> Consumer ──> docs.entity_index
//	                                     └──> Consumer ──> cost.entity_index   …
//
// Terms:
//
//	Entity    an entity as far as others need it: identity, owners, labels, annotations, spec
//	Change    the payload of an event on [Topic]: the entity as it is and as it was
//	Index     the table <schema>.entity_index, kept by [Index.Apply], read under an access [Predicate]
//	columns   id, ref, kind, namespace, name, title, owners, type, lifecycle, system, tags, labels, annotations, spec:
//	          the catalog's own table has columns of the same names and types, so that one predicate serves both
//
// Invariant: an index holds exactly the entities that the event log says exist at the position of its consumer, since
// both are written in one transaction. It can be emptied and rebuilt from the log at any time.
//
// Refs are lower case, `kind:namespace/name`. A kind is kept as it was written ("Component").
package entityindex
