package upstream

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"

	"devportal.internal/router/upstream/http1"
)

// streamInProcess opens a subscription by calling the handler, which answers by server-sent events into a pipe.
func (m *member) streamInProcess(ctx context.Context, body []byte, headers []http1.Header) (Stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	req, err := newHTTPRequest(ctx, inProcessURL, bytes.Clone(body), headers)
	if err != nil {
		err = m.classify(ctx, err)
		cancel()
		return nil, err
	}
	req.Header.Set("Accept", eventStream)
	return newPump(ctx, cancel, m.classify, func(ctx context.Context, emit func([]byte) bool) error {
		return m.pipe(ctx, cancel, req, emit)
	}), nil
}

// pipe runs the handler beside the reader of what it writes, and waits for both.
func (m *member) pipe(ctx context.Context, cancel context.CancelFunc, req *http.Request, emit func([]byte) bool) error {
	r, w := io.Pipe()
	writer := &pipeWriter{pipe: w, header: http.Header{}, ready: make(chan struct{})}
	var wg sync.WaitGroup
	wg.Go(func() {
		err := serve(m.config.Handler, writer, req)
		writer.begin(http.StatusOK)
		_ = w.CloseWithError(err)
	})
	defer wg.Wait()
	defer r.Close()
	defer cancel()
	select {
	case <-writer.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	contentType := writer.contentType
	if err := acceptStream(writer.status, contentType); err != nil {
		return err
	}
	if isJSON(contentType) {
		return emitWhole(r, m.config.MaxResponseBytes, emit)
	}
	return readEvents(r, m.config.MaxResponseBytes, emit)
}

// pipeWriter is the response of a handler that streams.
type pipeWriter struct {
	pipe        *io.PipeWriter
	header      http.Header
	once        sync.Once
	ready       chan struct{} // closed when status and contentType are set
	status      int
	contentType string
}

func (p *pipeWriter) Header() http.Header { return p.header }

func (p *pipeWriter) WriteHeader(status int) {
	if status >= 200 {
		p.begin(status)
	}
}

func (p *pipeWriter) begin(status int) {
	p.once.Do(func() {
		p.status, p.contentType = status, p.header.Get("Content-Type")
		close(p.ready)
	})
}

func (p *pipeWriter) Write(b []byte) (int, error) {
	p.begin(http.StatusOK)
	return p.pipe.Write(b)
}

// Flush implements http.Flusher: what is written is never held back.
func (p *pipeWriter) Flush() { p.begin(http.StatusOK) }
