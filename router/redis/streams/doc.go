// Package streams reads event sources (package eventsource) from Redis streams.
//
//	XADD ─▶ Redis stream ─ one blocking read a stream ─▶ wakes ─▶ its readers ─ a page after a cursor ─▶ events
//
// Main invariant: a page is read together with what the stream says of its first entry, in one transaction, so that nothing
// is trimmed away between the two: a reader gets every entry after its cursor, in order, or eventsource.ErrExpired.
package streams
