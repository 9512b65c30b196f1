package transport

import (
	"bytes"
	"context"
	"io"
	"strings"
)

// serveEvents answers any operation as server-sent events, in the protocol's distinct connections mode: `next` for each
// response, then `complete`.
func (e *exchange) serveEvents(operation Operation) *Refusal {
	return e.stream(e.opener(operation), eventFrames{})
}

// opener makes a stream of any operation; one with a whole response is a stream of one.
func (e *exchange) opener(operation Operation) func(context.Context) (Stream, *Refusal) {
	if operation.Kind() == Subscription {
		return operation.Stream
	}
	return func(ctx context.Context) (Stream, *Refusal) {
		ctx, cancel := context.WithTimeout(ctx, e.handler.options.Limits.Operation)
		if !operation.Incremental() {
			defer cancel()
			return &single{result: operation.Execute(ctx)}, nil
		}
		parts, refusal := operation.Stream(ctx)
		if refusal != nil {
			cancel()
			return nil, refusal
		}
		return &timedStream{Stream: parts, cancel: cancel}, nil
	}
}

// contained makes a panic while a stream is opened end that operation and not the process: outside of the goroutine of
// a request nobody else recovers it.
func (e *exchange) contained(open func(context.Context) (Stream, *Refusal)) func(context.Context) (Stream, *Refusal) {
	return func(ctx context.Context) (stream Stream, refusal *Refusal) {
		defer func() {
			if reason := recover(); reason != nil {
				e.handler.panicked(ctx, reason)
				refusal = refusalOf(errPanicked)
			}
		}()
		return open(ctx)
	}
}

// single is a Stream of one result.
type single struct{ result *Result }

func (s *single) Next(context.Context) (*Result, error) {
	if s.result == nil {
		return nil, io.EOF
	}
	result := s.result
	s.result = nil
	return result, nil
}

func (s *single) Close() {}

// timedStream releases the deadline of its operation when it is closed.
type timedStream struct {
	Stream
	cancel context.CancelFunc
}

func (t *timedStream) Close() {
	t.Stream.Close()
	t.cancel()
}

// eventFrames is the framing of server-sent events (WHATWG HTML, section 9.2).
type eventFrames struct{}

func (eventFrames) contentType() string { return mediaEventStream + "; charset=utf-8" }

func (eventFrames) next(w io.Writer, result *Result, _ bool) error {
	var frame bytes.Buffer
	if result.Cursor != "" && !strings.ContainsAny(result.Cursor, "\r\n\x00") {
		frame.WriteString("id: " + result.Cursor + "\n")
	}
	frame.WriteString("event: next\ndata: ")
	frame.Write(oneLine(result.Body))
	frame.WriteString("\n\n")
	_, err := w.Write(frame.Bytes())
	return err
}

// failure is a last `next` with errors. It is not followed by `complete` when the client is to come back.
func (f eventFrames) failure(w io.Writer, refusal *Refusal) error {
	if refusal.Errors[0].Code() == CodeShuttingDown {
		return nil
	}
	if err := f.next(w, &Result{Body: refusal.Body()}, true); err != nil {
		return err
	}
	return f.complete(w)
}

func (eventFrames) heartbeat(w io.Writer) error {
	_, err := io.WriteString(w, ":\n\n")
	return err
}

func (eventFrames) complete(w io.Writer) error {
	_, err := io.WriteString(w, "event: complete\ndata: \n\n")
	return err
}

// oneLine takes line breaks out of JSON, where they can only stand between tokens, so that no part of a response can
// begin a line of the protocol.
func oneLine(body []byte) []byte {
	if !bytes.ContainsAny(body, "\r\n") {
		return body
	}
	return bytes.Map(func(char rune) rune {
		if char == '\r' || char == '\n' {
			return ' '
		}
		return char
	}, body)
}
