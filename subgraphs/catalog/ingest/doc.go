// Package ingest reads locations into the catalog.
//
//	location ── expand globs ──> targets ── source ──> bytes ── parse ──> documents ── placeholders ── rules ──> entities
//	                                ^                                                                      │
//	                                └────────────── a Location entity leads to further targets ────────────┘
//
// Terms:
//
//	source     how targets of one type are read: files under the configured roots, or URLs through the one client
//	document   one YAML document of a file, with the line that it begins in
//	reading    what came of reading a location: entities, and everything that went wrong (package catalog)
//	keeper     who reads locations: when they are registered, on a schedule, when a file changes, when asked
//
// Invariants: what is read is bounded in files, bytes, depth and YAML nodes, aliases counted each time that they are
// used; nothing is read outside of the roots; and an error in one place never hides what is right in another.
package ingest
