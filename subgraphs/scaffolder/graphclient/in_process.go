package graphclient

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// inProcess carries requests to a handler of the same process.
type inProcess struct{ client *Client }

var errNoHandler = errors.New("the graph is not served yet")

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	handler := t.client.handler.Load()
	if handler == nil {
		return nil, errNoHandler
	}
	served := request.Clone(request.Context())
	served.RequestURI = request.URL.RequestURI()
	written := &recorder{header: http.Header{}, status: http.StatusOK}
	(*handler).ServeHTTP(written, served)
	return &http.Response{
		StatusCode: written.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: written.header, Body: io.NopCloser(&written.body), ContentLength: -1, Request: request,
	}, nil
}

// recorder keeps what a handler writes, up to the longest answer that is read.
type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(part []byte) (int, error) {
	r.wrote = true
	if r.body.Len()+len(part) > maxAnswer+1 {
		return 0, errors.New("the answer is too long")
	}
	return r.body.Write(part)
}
