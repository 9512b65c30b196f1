package fault

import (
	"fmt"
	"strings"
)

// Error is a failed operation. Make one with a constructor of this package; the zero value counts as internal.
type Error struct {
	Kind Kind
	// Op is the operation that did not work, as package.Function.
	Op string
	// Code is stable and optional: what a program compares, for example "LOCATION_EXISTS".
	Code string
	// Message may be shown to the client as it is. Empty: the client is told the kind alone.
	Message string
	// Path leads to the input field that is to blame, for example ["input", "target"]. Often empty.
	Path []string
	// Err is the cause. It is logged, and never shown to the client.
	Err error
}

// Error gives everything known, for logs: "catalog.RegisterLocation: invalid: target has no scheme: parse …".
func (e *Error) Error() string {
	parts := make([]string, 0, 4)
	if e.Op != "" {
		parts = append(parts, e.Op)
	}
	parts = append(parts, string(e.kind()))
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause to [errors.Is] and [errors.As].
func (e *Error) Unwrap() error { return e.Err }

// WithCode returns a copy of the fault that carries the stable code.
func (e *Error) WithCode(code string) *Error {
	c := *e
	c.Code = code
	return &c
}

// At returns a copy of the fault that blames the input field at the path.
func (e *Error) At(path ...string) *Error {
	c := *e
	c.Path = append([]string(nil), path...)
	return &c
}

// WithMessage returns a copy of the fault with a message that may be shown to the client.
func (e *Error) WithMessage(format string, args ...any) *Error {
	c := *e
	c.Message = fmt.Sprintf(format, args...)
	return &c
}

// Because returns a copy of the fault with the cause, which is logged and never shown.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

func (e *Error) kind() Kind {
	if e.Kind.known() {
		return e.Kind
	}
	return KindInternal
}
