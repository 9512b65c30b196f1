// Package fault is the one error type of the portal's domain code.
//
// A fault says what kind of thing went wrong, in which operation, and why:
//
//	kind     one of a closed set; decides the GraphQL code and the HTTP status
//	op       the operation that did not work, as package.Function: "catalog.RegisterLocation"
//	code     optional, stable, SCREAMING_SNAKE_CASE: what a program compares
//	message  optional, safe to send to the client
//	path     optional, the input field that is to blame
//	cause    the wrapped error, never shown to a client
//
// Domain code returns faults. Adapters translate foreign errors once, at their edge. The GraphQL presenter alone
// turns kinds into codes.
//
// Invariant: only text that was built from what the client sent (or from nothing but constants) is a message.
// The text of a cause never becomes a message, so that what [Message] returns may always leave the process.
package fault
