package fault

import (
	"context"
	"errors"
)

// KindOf gives the kind of the outermost fault in err's chain. An error without one is [KindInternal], except that an
// expired or cancelled context counts as [KindUnavailable]. A nil err has the kind "".
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := as(err); ok {
		return e.kind()
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return KindUnavailable
	}
	return KindInternal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Message gives the text that may be shown to the client, and whether there is one. An internal fault has none,
// whatever it carries.
func Message(err error) (string, bool) {
	e, ok := as(err)
	if !ok || e.kind() == KindInternal || e.Message == "" {
		return "", false
	}
	return e.Message, true
}

// Code gives the stable code of the outermost fault in err's chain, or "".
func Code(err error) string {
	if e, ok := as(err); ok {
		return e.Code
	}
	return ""
}

// Path gives the path of the input field that the outermost fault in err's chain blames, or nil.
func Path(err error) []string {
	if e, ok := as(err); ok {
		return append([]string(nil), e.Path...)
	}
	return nil
}

func as(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok && e != nil
}
