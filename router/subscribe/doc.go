// Package subscribe keeps live operations: it takes the events of an upstream stream, has each completed into a response,
// and gives it to every client that asked the same.
//
//	upstream ─ Source ─▶ live operation ─ Complete, once an event ─▶ Event ─┬─▶ queue ─▶ Subscriber.Next
//	(one a live operation)                                                  └─▶ queue ─▶ Subscriber.Next
//
// Terms:
//
//   - An Operation is a subscription that is ready to run: it opens its Source and completes events.
//   - A live operation runs one Operation for all of its subscribers. Two subscriptions share one if their keys are equal:
//     the key stands for the document, the variables, and the rights of who asked.
//   - A Place is where in the stream an operation begins: now, after the event of a cursor, or with events of the past.
//     Who begins now joins a live operation that is in the present. Who comes with a cursor joins one that still holds
//     what came after it (a bounded ring of the latest events); where none does, a live operation of its own catches up,
//     and becomes one with another of the same key as soon as both have given out the same event.
//   - A Subscriber is one client's end of a live operation, with a queue that is bounded in bytes.
//
// Main invariant: a subscriber is given every event from when it joined, in order and once each, or is told by an error
// that and where this ended; and a live operation without subscribers ends at once, upstream included.
package subscribe
