// Package live turns the events of a topic into the answers of a subscription field.
//
//	events.Log ── Follow(after cursor) ── show: what is the event to this subscriber? ── channel ──▶ the server's transport
//
// Invariant: a subscription never just stops. It ends because the client went, because the field says so, or with an
// error that tells why: CURSOR_EXPIRED, SUBSCRIBER_SLOW, or what went wrong in showing an event.
package live
