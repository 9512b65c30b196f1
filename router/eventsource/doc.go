// Package eventsource is where a router finds messages that it makes events of: what happened is in a stream, and no
// subgraph holds a connection for it. Packages redis/streams, nats and kafka implement it.
//
// A Source is where streams are, a Stream is one as one reader goes through it, a cursor is the place of a message.
//
// Main invariant: a reader gets every message after its cursor, in order, or ErrExpired.
package eventsource
