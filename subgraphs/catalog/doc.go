// Package catalog is what software exists, who owns it, and how it hangs together.
//
// Terms:
//
//	entity      a thing that a file describes: an envelope (apiVersion, kind, metadata, spec) that passed the rules
//	ref         the name of an entity, `kind:namespace/name` in lower case; uid: its identity
//	relation    how one entity is related to another, always kept in both directions
//	dangling    a relation whose target nobody describes
//	location    where entities are read from: a type (file, url) and a target, which may be a glob
//	status      what is wrong with the newest form of an entity, while it is served as it last was
//	orphan      an entity that no location emits any more
//	access      the predicate under which everything is read: an entity it does not hold for does not exist
//
//	files, URLs ── ingest ── envelopes ── Validate ──> entities + relations ── postgres ──> events ──> projections
//	                                                                             └──> resolver ──> clients
//
// Main invariant: what is wrong in a file never takes away an entity that was right; and whoever may not see an entity
// cannot tell it from one that does not exist.
package catalog
