package execute

import (
	"strconv"

	"devportal.internal/router/internal/jsontext"
)

// The codes of errors that the router itself raises while executing; they are in an error's `extensions.code`.
const (
	// CodeSubrequestFailed: a subgraph gave no usable answer. Why is for logs only.
	CodeSubrequestFailed = "SUBREQUEST_FAILED"

	// CodeNullViolation: a subgraph answered null, or nothing, where the API schema promises a value.
	CodeNullViolation = "NULL_VIOLATION"

	// CodeInvalidResult: a subgraph answered a value that the field's type does not have.
	CodeInvalidResult = "INVALID_RESULT"
)

// Error is one error of a response, in the client's terms (GraphQL specification, section 7.1.2).
type Error struct {
	Message string

	// Path is where in the response; nil when the error belongs to no field.
	Path []PathElement

	// Extensions is a JSON object, or nil.
	Extensions []byte

	// Err is the cause, for logs; it never reaches the client.
	Err error
}

// PathElement is a response key, or an index when Key is "" and IsIndex is set.
type PathElement struct {
	Key     string
	Index   int
	IsIndex bool
}

func appendErrors(dst []byte, errs []Error) []byte {
	dst = append(dst, '[')
	for i := range errs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = errs[i].appendTo(dst)
	}
	return append(dst, ']')
}

func (e *Error) appendTo(dst []byte) []byte {
	dst = append(dst, `{"message":`...)
	dst = jsontext.AppendString(dst, e.Message)
	if e.Path != nil {
		dst = append(dst, `,"path":`...)
		dst = AppendPath(dst, e.Path)
	}
	if e.Extensions != nil {
		dst = append(dst, `,"extensions":`...)
		dst = append(dst, e.Extensions...)
	}
	return append(dst, '}')
}

// AppendPath appends a path as a JSON list.
func AppendPath(dst []byte, path []PathElement) []byte {
	dst = append(dst, '[')
	for i, p := range path {
		if i > 0 {
			dst = append(dst, ',')
		}
		if p.IsIndex {
			dst = strconv.AppendInt(dst, int64(p.Index), 10)
		} else {
			dst = jsontext.AppendString(dst, p.Key)
		}
	}
	return append(dst, ']')
}
