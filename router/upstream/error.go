package upstream

import "fmt"

// Reason says why there is no answer. The set is closed; the values are stable.
type Reason string

// The reasons.
const (
	Unknown     Reason = "UNKNOWN_SUBGRAPH"   // no subgraph of that name is configured
	Unsigned    Reason = "NOT_SIGNED"         // the signer refused
	Unreachable Reason = "UNREACHABLE"        // no connection, or it broke
	TimedOut    Reason = "TIMEOUT"            // the subgraph's time limit, or the caller's deadline
	Canceled    Reason = "CANCELED"           // the caller went away
	Refused     Reason = "CIRCUIT_OPEN"       // the breaker is open
	TooLarge    Reason = "RESPONSE_TOO_LARGE" // the answer passed its limit
	BadStatus   Reason = "BAD_STATUS"         // not a 2xx status, and no GraphQL answer either
	BadAnswer   Reason = "BAD_RESPONSE"       // not what the protocol says
	Interrupted Reason = "INTERRUPTED"        // the subgraph ended a stream that may be gone on with
)

// Error is why a request to a subgraph got no answer. Its text may hold addresses: it is for logs, not for clients.
type Error struct {
	Subgraph string
	Reason   Reason

	// Status is the HTTP status of a BadStatus, 0 otherwise.
	Status int

	Err error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("asking subgraph %q: %s", e.Subgraph, e.Reason)
	}
	return fmt.Sprintf("asking subgraph %q: %s: %v", e.Subgraph, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
