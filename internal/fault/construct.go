package fault

import "fmt"

// New makes a fault with a message that may be shown to the client: build it from what the client sent, only.
func New(kind Kind, op, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes a fault of [KindInvalid] with a client-safe message.
func Invalid(op, format string, args ...any) *Error { return New(KindInvalid, op, format, args...) }

// Unauthenticated makes a fault of [KindUnauthenticated] with a client-safe message.
func Unauthenticated(op, format string, args ...any) *Error {
	return New(KindUnauthenticated, op, format, args...)
}

// Forbidden makes a fault of [KindForbidden] with a client-safe message.
func Forbidden(op, format string, args ...any) *Error { return New(KindForbidden, op, format, args...) }

// NotFound makes a fault of [KindNotFound] with a client-safe message.
func NotFound(op, format string, args ...any) *Error { return New(KindNotFound, op, format, args...) }

// Conflict makes a fault of [KindConflict] with a client-safe message.
func Conflict(op, format string, args ...any) *Error { return New(KindConflict, op, format, args...) }

// Unavailable makes a fault of [KindUnavailable] around a cause. Its message is left empty: which dependency is
// down is nothing that the client has to know.
func Unavailable(op string, err error) *Error {
	return &Error{Kind: KindUnavailable, Op: op, Err: err}
}

// Internal makes a fault of [KindInternal] around a cause.
func Internal(op string, err error) *Error {
	return &Error{Kind: KindInternal, Op: op, Err: err}
}

// Wrap gives err a kind and an operation. A nil err stays nil, so that `return fault.Wrap(kind, op, err)` is right
// at the end of an adapter's function. An err that already is a fault keeps its code, message and path.
func Wrap(kind Kind, op string, err error) error {
	if err == nil {
		return nil
	}
	wrapped := &Error{Kind: kind, Op: op, Err: err}
	if inner, ok := as(err); ok {
		wrapped.Code, wrapped.Message, wrapped.Path = inner.Code, inner.Message, inner.Path
	}
	return wrapped
}

// In adds an operation to err and keeps its kind (and code, message, path). A nil err stays nil.
func In(op string, err error) error { return Wrap(KindOf(err), op, err) }
