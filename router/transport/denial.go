package transport

import (
	"context"
	"net/http"
)

// Denial is something that a caller was refused: an operation or some of its fields, or that its credential was not accepted.
type Denial struct {
	// Code is the code of the error that the caller was told, such as CodeForbidden or CodeUnauthenticated.
	Code string

	// Fields are the coordinates ("Query.policies") of fields that were denied, each once; none where it was no field, or where
	// the caller is not told that there are such fields.
	Fields []string

	// Remote is the address that the request came from, without the port; Header is what came with it, credentials and all.
	Remote string
	Header http.Header
}

// Denied is told of denials, on every transport, before the caller is. The context is the one of the caller's operations or,
// where the caller was not accepted, the one that Authenticate returned beside its error. It is called while the caller
// waits, any number of times at once: it must not block, and it must bound what it keeps.
type Denied func(ctx context.Context, denial Denial)

// denied tells of a request that is refused for what it is, not for what it asks. It gives the refusal.
func (h *Handler) denied(ctx context.Context, r *http.Request, refusal *Refusal) *Refusal {
	if h.options.Denied != nil && refusal != nil {
		h.options.Denied(ctx, DenialOf(r, refusal))
	}
	return refusal
}

// DenialOf is the denial of a whole request.
func DenialOf(r *http.Request, refusal *Refusal) Denial {
	return Denial{Code: refusal.Errors[0].Code(), Remote: remoteOf(r), Header: r.Header}
}
