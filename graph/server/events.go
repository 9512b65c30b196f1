package server

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/graph/failure"
	"devportal.internal/graph/live"
)

// writeTimeout is how long one event may take to reach a reader.
const writeTimeout = 30 * time.Second

// serveEvents answers as graphql-sse's distinct connections mode has it: an event "next" for each answer, then
// "complete".
func (t *transports) serveEvents(w http.ResponseWriter, r *http.Request, op *graphql.OperationContext) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stream := eventStream{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	if !stream.send(":\n\n") {
		return
	}
	answers := t.answers(ctx, op)
	// The producer ends when its context does; it is waited for by draining what it still has to say.
	defer func() {
		cancel()
		for range answers {
		}
	}()
	for t.forward(ctx, answers, stream) {
	}
}

// forward sends the next thing there is to say, and reports whether there may be more.
func (t *transports) forward(ctx context.Context, answers <-chan *graphql.Response, stream eventStream) bool {
	quiet := time.NewTimer(t.opts.KeepAlive)
	defer quiet.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-quiet.C:
		return stream.send(":\n\n")
	case answer, more := <-answers:
		if !more && ctx.Err() != nil {
			return false
		}
		if !more {
			stream.send("event: complete\ndata:\n\n")
			return false
		}
		return stream.send("event: next\ndata: " + string(encode(answer)) + "\n\n")
	}
}

// answers runs the operation; the channel is closed when it has ended.
func (t *transports) answers(ctx context.Context, op *graphql.OperationContext) <-chan *graphql.Response {
	answers := make(chan *graphql.Response)
	go func() {
		defer close(answers)
		ctx, ending := live.NewContext(ctx)
		next, ctx := t.exec.DispatchOperation(ctx, op)
		for more := true; more; {
			var answer *graphql.Response
			if answer, more = t.safely(ctx, next); answer == nil {
				break
			}
			// The library writes the next answer into the same buffer.
			answer.Data = slices.Clone(answer.Data)
			select {
			case answers <- answer:
			case <-ctx.Done():
				return
			}
		}
		if err := ending.Err(); err != nil {
			select {
			case answers <- &graphql.Response{Errors: gqlerror.List{failure.Present(ctx, t.opts.Logger, err)}}:
			case <-ctx.Done():
			}
		}
	}()
	return answers
}

type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send writes and flushes; it reports whether the reader is still there. A writer without deadlines (a test's
// recorder, an in-process caller) is written to without.
func (s eventStream) send(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
