// Package nats reads event sources (package eventsource) from NATS JetStream.
//
//	publish ─▶ subject ─┬─▶ JetStream stream ─ messages of the subject after a place, then what the stream still keeps ─▶ events
//	                    └─▶ a subscription that wakes who waits
//
// Terms:
//
//   - The name of an event stream is a subject without wildcards; which JetStream stream keeps it, the server says.
//   - A place is a sequence of the JetStream stream. A cursor is a place together with when the stream was made: one that
//     was made anew has other sequences.
//
// Messages are asked for by sequence, of the stream's leader, so that nothing is left on the server for a reader that is gone,
// and no replica that lags behind answers. A message that is published wakes its readers at once; they look every second as
// well, for what reaches the stream by another way, such as a mirror.
//
// Main invariant: after a page was read, the stream is asked for the first sequence that it keeps. If that is not after the
// place that the page began from, nothing was trimmed away before it was read: a reader gets every message after its cursor,
// in order, or eventsource.ErrExpired. A stream that does not trim its oldest messages alone (a work queue, or one with a
// limit per subject) proves nothing, and is refused.
package nats
