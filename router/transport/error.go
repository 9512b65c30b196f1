package transport

import (
	"encoding/json"
	"errors"
	"net/http"
)

// The codes in `extensions.code` of errors that the transports make. They are part of the interface: clients switch on
// them.
const (
	CodeBadRequest           = "BAD_REQUEST"
	CodeNotAcceptable        = "NOT_ACCEPTABLE"
	CodeUnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
	CodeMethodNotAllowed     = "METHOD_NOT_ALLOWED"
	CodePayloadTooLarge      = "PAYLOAD_TOO_LARGE"
	CodeRequestTimeout       = "REQUEST_TIMEOUT"
	CodeCSRF                 = "CSRF_PREVENTED"
	CodeOriginNotAllowed     = "ORIGIN_NOT_ALLOWED"
	CodeUnauthenticated      = "UNAUTHENTICATED"
	CodeForbidden            = "FORBIDDEN"
	CodeTooManyOperations    = "TOO_MANY_OPERATIONS"
	CodeShuttingDown         = "SHUTTING_DOWN"
	CodeSlowReader           = "SLOW_READER"
	CodeExpired              = "TOKEN_EXPIRED"
	CodeInternal             = "INTERNAL_SERVER_ERROR"
)

// Error is one GraphQL error (GraphQL specification, section 7.1.2). It is also a Go error.
type Error struct {
	Message    string         `json:"message"`
	Locations  []Location     `json:"locations,omitempty"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

// Location is a place in the operation's document, counted from 1.
type Location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// NewError returns an Error with a code in its extensions.
func NewError(code, message string) *Error {
	return &Error{Message: message, Extensions: map[string]any{"code": code}}
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Code returns `extensions.code`, "" where there is none.
func (e *Error) Code() string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// Refusal is why an operation was not run, or a stream ended early. It is also a Go error.
type Refusal struct {
	// Status is the HTTP status; 0 means 400.
	Status int
	Errors []*Error

	// Extensions are those of the response map; nil for none.
	Extensions map[string]any

	// Header is added to the HTTP response; it may be nil.
	Header http.Header
}

// Refuse returns a Refusal with one error.
func Refuse(status int, code, message string) *Refusal {
	return &Refusal{Status: status, Errors: []*Error{NewError(code, message)}}
}

// Error returns the first error's message.
func (r *Refusal) Error() string {
	if len(r.Errors) == 0 {
		return "refused"
	}
	return r.Errors[0].Message
}

// status is Status with its default.
func (r *Refusal) status() int {
	if r.Status == 0 {
		return http.StatusBadRequest
	}
	return r.Status
}

// Body is the response map: errors without data.
func (r *Refusal) Body() []byte {
	body, err := json.Marshal(struct {
		Errors     []*Error       `json:"errors"`
		Extensions map[string]any `json:"extensions,omitempty"`
	}{r.Errors, r.Extensions})
	if err != nil {
		return []byte(`{"errors":[{"message":"internal error","extensions":{"code":"` + CodeInternal + `"}}]}`)
	}
	return body
}

// errorsJSON is the list of errors alone, as the websocket protocols' `error` message carries it.
func (r *Refusal) errorsJSON() json.RawMessage {
	list, err := json.Marshal(r.Errors)
	if err != nil {
		return json.RawMessage(`[{"message":"internal error"}]`)
	}
	return list
}

// refusalOf makes of any error what the client may know of it.
func refusalOf(err error) *Refusal {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	var shown *Error
	if errors.As(err, &shown) {
		return &Refusal{Status: http.StatusOK, Errors: []*Error{shown}}
	}
	return Refuse(http.StatusInternalServerError, CodeInternal, "internal error")
}

// RefuseCaller makes of an Authenticate's error the Refusal that the transports make of it.
func RefuseCaller(err error) *Refusal { return refusedCaller(err) }

// refusedCaller makes of Authenticate's error what the client may know of it.
func refusedCaller(err error) *Refusal {
	var shown *Error
	if !errors.As(err, &shown) {
		shown = NewError(CodeUnauthenticated, "authentication failed")
	}
	if shown.Code() == CodeForbidden {
		return &Refusal{Status: http.StatusForbidden, Errors: []*Error{shown}}
	}
	return &Refusal{
		Status: http.StatusUnauthorized,
		Errors: []*Error{shown},
		Header: http.Header{"Www-Authenticate": {"Bearer"}},
	}
}
