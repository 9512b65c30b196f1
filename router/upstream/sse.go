package upstream

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"devportal.internal/router/upstream/http1"
)

// subscribe opens a stream by the subgraph's protocol.
func (m *member) subscribe(ctx context.Context, req *Request) (Stream, error) {
	headers, _, err := m.headers.of(ctx, m.name, req.Header)
	if err != nil {
		return nil, &Error{Subgraph: m.name, Reason: Unsigned, Err: err}
	}
	switch {
	case m.config.Handler != nil:
		return m.streamInProcess(ctx, req.Body, headers)
	case m.config.Streams == WebSocket:
		return m.streamWebSocket(ctx, req.Body, headers)
	default:
		return m.streamSSE(ctx, req.Body, headers)
	}
}

// streamSSE opens a subscription by graphql-sse, distinct connections mode.
func (m *member) streamSSE(ctx context.Context, body []byte, headers []http1.Header) (Stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	resp, err := m.openSSE(ctx, body, headers)
	if err != nil {
		err = m.classify(ctx, err)
		cancel()
		return nil, err
	}
	return newPump(ctx, cancel, m.classify, func(_ context.Context, emit func([]byte) bool) error {
		defer resp.Body.Close()
		if isJSON(resp.Header.Get("Content-Type")) {
			return emitWhole(resp.Body, m.config.MaxResponseBytes, emit)
		}
		return readEvents(resp.Body, m.config.MaxResponseBytes, emit)
	}), nil
}

// openSSE sends the request and waits for the response's headers, at most as long as the subgraph's time limit. The
// stream itself lasts as long as ctx.
func (m *member) openSSE(ctx context.Context, body []byte, headers []http1.Header) (*http.Response, error) {
	opening, abandon := context.WithCancel(ctx)
	timer := time.AfterFunc(m.config.Timeout, abandon)
	defer timer.Stop()
	req, err := newHTTPRequest(opening, m.config.StreamURL, bytes.Clone(body), headers)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", eventStream)
	resp, err := m.streamClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("opening the stream: %w", err)
	}
	if err := acceptStream(resp.StatusCode, resp.Header.Get("Content-Type")); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

const eventStream = "text/event-stream"

func acceptStream(status int, contentType string) error {
	switch {
	case strings.HasPrefix(contentType, eventStream) && status == http.StatusOK:
		return nil
	case contentType != "" && isJSON(contentType):
		return nil
	case status != http.StatusOK:
		return &Error{Reason: BadStatus, Status: status}
	default:
		return &Error{Reason: BadAnswer, Err: errContentType}
	}
}

// emitWhole emits a body that is one result: how a subgraph refuses a subscription.
func emitWhole(body io.Reader, limit int64, emit func([]byte) bool) error {
	b, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return err
	}
	if int64(len(b)) > limit {
		return &Error{Reason: TooLarge}
	}
	emit(b)
	return nil
}

// readEvents reads server-sent events (HTML standard, section 9.2.6) until one of type "complete".
func readEvents(body io.Reader, limit int64, emit func([]byte) bool) error {
	r := eventReader{lines: bufio.NewReaderSize(body, 4<<10), limit: limit}
	for {
		kind, data, err := r.next()
		switch {
		case err != nil:
			return err
		case kind == "complete":
			return nil
		case kind == "next" || kind == "":
			if len(data) > 0 && !emit(data) {
				return nil
			}
		}
	}
}

type eventReader struct {
	lines *bufio.Reader
	limit int64
}

// next reads one event. A stream that ends before it was completed is broken: io.ErrUnexpectedEOF.
func (r *eventReader) next() (kind string, data []byte, err error) {
	some := false
	for {
		line, err := r.line(r.limit - int64(len(data)))
		if err != nil {
			return "", nil, err
		}
		if len(line) == 0 {
			if some {
				return kind, data, nil
			}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "event":
			kind, some = string(value), true
		case "data":
			if data != nil {
				data = append(data, '\n')
			}
			data, some = append(data, value...), true
		}
	}
}

// line reads a line of at most limit bytes, without its end.
func (r *eventReader) line(limit int64) ([]byte, error) {
	var line []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		line = append(line, part...)
		if int64(len(line)) > limit+2 {
			return nil, &Error{Reason: TooLarge}
		}
		switch err {
		case nil:
			return bytes.TrimRight(line, "\r\n"), nil
		case bufio.ErrBufferFull:
		case io.EOF:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}
