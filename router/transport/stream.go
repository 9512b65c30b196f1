package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// framing is how one streaming protocol over HTTP writes what happens. Each method writes one complete frame.
type framing interface {
	contentType() string
	next(w io.Writer, result *Result, last bool) error
	failure(w io.Writer, refusal *Refusal) error
	heartbeat(w io.Writer) error
	complete(w io.Writer) error
}

// stream answers with a stream over HTTP: it opens it, then copies responses until the stream, the client, the caller's
// right or the server ends.
func (e *exchange) stream(open func(context.Context) (Stream, *Refusal), frames framing) *Refusal {
	h := e.handler
	if !h.drain.enter() {
		return shuttingDown()
	}
	defer h.drain.leave()
	if h.streams.Add(1) > int64(h.options.Limits.Streams) {
		h.streams.Add(-1)
		return Refuse(http.StatusServiceUnavailable, CodeTooManyOperations, "too many streams are open")
	}
	defer h.streams.Add(-1)
	ctx, cancel := h.bounded(e.ctx, e.caller)
	defer cancel(nil)
	events, refusal := open(ctx)
	if refusal != nil {
		return refusal
	}
	defer events.Close()
	e.copyStream(ctx, events, frames)
	return nil
}

// bounded returns a context that ends, with a Refusal as its cause, when the server shuts down or the caller's right
// ends.
func (h *Handler) bounded(ctx context.Context, caller Caller) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	var expired <-chan time.Time
	if !caller.Expires.IsZero() {
		expired = time.After(caller.Expires.Sub(h.options.Now()))
	}
	go func() {
		select {
		case <-h.drain.ending:
			cancel(shuttingDown())
		case <-expired:
			cancel(Refuse(http.StatusUnauthorized, CodeExpired, "the token has expired"))
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func shuttingDown() *Refusal {
	return Refuse(http.StatusServiceUnavailable, CodeShuttingDown, "the server is shutting down: connect again")
}

func (e *exchange) copyStream(ctx context.Context, events Stream, frames framing) {
	out := e.writer()
	e.begin(frames)
	if out.flush() != nil {
		return
	}
	for {
		if err := e.copyOne(ctx, events, frames, out); err != nil {
			return
		}
	}
}

func (e *exchange) writer() *deadlineWriter {
	return &deadlineWriter{w: e.w, control: http.NewResponseController(e.w), patience: e.handler.options.Limits.Write}
}

// begin writes the head of a stream.
func (e *exchange) begin(frames framing) {
	header := e.w.Header()
	header.Set("Content-Type", frames.contentType())
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	e.begun = true
	e.w.WriteHeader(http.StatusOK)
}

// errDone ends a stream that was told its client to be over.
var errDone = errors.New("stream is over")

// copyOne waits for one response, or for the time of a heartbeat, and writes it.
func (e *exchange) copyOne(ctx context.Context, events Stream, frames framing, out *deadlineWriter) error {
	waiting, cancel := context.WithTimeout(ctx, e.handler.options.Limits.Ping)
	result, err := events.Next(waiting)
	idle := waiting.Err() != nil && ctx.Err() == nil
	cancel()
	switch {
	case err == nil:
		err = frames.next(out, result, false)
	case errors.Is(err, io.EOF):
		err = errors.Join(errDone, frames.complete(out))
	case idle && errors.Is(err, context.DeadlineExceeded):
		err = frames.heartbeat(out)
	default:
		err = errors.Join(errDone, endStream(ctx, err, frames, out))
	}
	return errors.Join(err, out.flush())
}

// endStream tells the client why there is no more. A client that went away is told nothing, nor is one that had better
// come back: it sees a stream that broke off, which its protocol makes it reconnect after.
func endStream(ctx context.Context, err error, frames framing, out io.Writer) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return frames.failure(out, refusalOf(err))
}

// deadlineWriter gives each frame its time: a client that does not read is let go.
type deadlineWriter struct {
	w        io.Writer
	control  *http.ResponseController
	patience time.Duration
}

func (d *deadlineWriter) Write(frame []byte) (int, error) {
	_ = d.control.SetWriteDeadline(time.Now().Add(d.patience))
	return d.w.Write(frame)
}

func (d *deadlineWriter) flush() error {
	_ = d.control.SetWriteDeadline(time.Now().Add(d.patience))
	return d.control.Flush()
}
