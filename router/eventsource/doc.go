// Package eventsource reads streams of messages that a router makes events of: what happened is in the stream, and no
// subgraph holds a connection for it.
//
//	XADD ─▶ Redis stream ─ one blocking read a stream ─▶ wakes ─▶ its readers ─ a page after a cursor ─▶ events
//
// A Source is where streams are, a Stream is one as one reader goes through it, a cursor is the place of a message.
//
// Main invariant: a reader gets every message after its cursor, in order, or ErrExpired. A page is read together with what
// the stream says of its first entry, in one transaction, so that nothing is trimmed away between the two.
package eventsource
