package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"

	"devportal.internal/router/upstream/http1"
)

// standard speaks through net/http: TLS, HTTP/2, compression.
type standard struct {
	url    string
	client *http.Client
	limit  int64
}

func newStandard(s Subgraph) *standard {
	return &standard{url: s.URL, client: newHTTPClient(s), limit: s.MaxResponseBytes}
}

// newHTTPClient makes a client that follows no redirects and uses no proxy: a subgraph is where its URL says.
func newHTTPClient(s Subgraph) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: s.TLS, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: s.MaxConnections,
			MaxConnsPerHost: s.MaxConnections, IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newStreamClient is newHTTPClient for streams, each of which keeps a connection (or, over HTTP/2, a part of one).
func newStreamClient(s Subgraph) *http.Client {
	c := newHTTPClient(s)
	t := &http.Transport{TLSClientConfig: s.TLS, ForceAttemptHTTP2: s.Streams == SSE, IdleConnTimeout: idleTimeout}
	if s.Streams == WebSocket {
		t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	c.Transport = t
	return c
}

func (s *standard) send(ctx context.Context, c *call) (*Response, error) {
	ctx, cancel := context.WithDeadline(ctx, c.deadline)
	defer cancel()
	req, err := newHTTPRequest(ctx, s.url, c.Body, c.headers)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("sending: %w", err)
	}
	defer resp.Body.Close()
	body, err := readAll(resp, s.limit)
	if err != nil {
		return nil, err
	}
	if resp.Header.Get("Content-Encoding") != "" {
		return nil, &Error{Reason: BadAnswer, Err: errEncoded}
	}
	return accept(&Response{Body: body, Status: resp.StatusCode}, resp.Header.Get("Content-Type"))
}

func newHTTPRequest(ctx context.Context, url string, body []byte, headers []http1.Header) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	for _, h := range headers {
		req.Header.Add(h.Name, h.Value)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	req.Header["User-Agent"] = nil
	return req, nil
}

// readAll reads a body, which net/http has decompressed, up to the limit.
func readAll(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, &Error{Reason: TooLarge}
	}
	var b bytes.Buffer
	if resp.ContentLength > 0 {
		b.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("receiving: %w", err)
	}
	if n > limit {
		return nil, &Error{Reason: TooLarge}
	}
	return b.Bytes(), nil
}

func (s *standard) close() { s.client.CloseIdleConnections() }
