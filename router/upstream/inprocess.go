package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
)

// inProcess calls a handler of this process.
type inProcess struct {
	handler http.Handler
	limit   int64
}

// inProcessURL is what a handler sees as its own.
const inProcessURL = "http://subgraph/graphql"

var errHandlerPanicked = errors.New("the handler panicked")

func (p *inProcess) send(ctx context.Context, c *call) (*Response, error) {
	ctx, cancel := context.WithDeadline(ctx, c.deadline)
	defer cancel()
	req, err := newHTTPRequest(ctx, inProcessURL, bytes.Clone(c.Body), c.headers)
	if err != nil {
		return nil, err
	}
	w := &recorder{limit: p.limit, header: http.Header{}}
	if err := serve(p.handler, w, req); err != nil {
		return nil, &Error{Reason: BadStatus, Status: http.StatusInternalServerError, Err: err}
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case w.tooLarge:
		return nil, &Error{Reason: TooLarge}
	case w.status == 0:
		w.status = http.StatusOK
	}
	return accept(&Response{Body: w.body.Bytes(), Status: w.status}, w.header.Get("Content-Type"))
}

// serve calls the handler; its panic is its own.
func serve(h http.Handler, w http.ResponseWriter, req *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errHandlerPanicked, p)
		}
	}()
	req.RequestURI = req.URL.RequestURI()
	h.ServeHTTP(w, req)
	return nil
}

func (p *inProcess) close() {}

// recorder keeps a handler's response.
type recorder struct {
	header   http.Header
	status   int
	body     bytes.Buffer
	limit    int64
	tooLarge bool
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
}

// Flush implements http.Flusher; there is nobody to flush to.
func (r *recorder) Flush() { r.WriteHeader(http.StatusOK) }

var errRecorderFull = errors.New("the response is larger than its limit")

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if int64(r.body.Len()+len(b)) > r.limit {
		r.tooLarge = true
		return 0, errRecorderFull
	}
	return r.body.Write(b)
}
