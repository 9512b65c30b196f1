package upstream

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"devportal.internal/router/upstream/http1"
)

const idleTimeout = 60 * time.Second

// lean speaks plain HTTP/1.1.
type lean struct {
	client *http1.Client
}

func isPlain(address string) bool { return strings.HasPrefix(strings.ToLower(address), "http:") }

// newLean is called with an address that was validated.
func newLean(s Subgraph) *lean {
	u, err := url.Parse(s.URL)
	if err != nil {
		panic("upstream: a subgraph's URL was not validated")
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return &lean{client: http1.New(http1.Config{
		Address: net.JoinHostPort(u.Hostname(), port), Host: u.Host, Path: u.RequestURI(),
		MaxConnections: s.MaxConnections, MaxBody: s.MaxResponseBytes, IdleTimeout: idleTimeout,
	})}
}

func (l *lean) send(ctx context.Context, c *call) (*Response, error) {
	resp, err := l.client.Do(ctx, c.deadline, c.Kind == Query, c.headers, c.Body)
	switch {
	case errors.Is(err, http1.ErrTooLarge):
		return nil, &Error{Reason: TooLarge, Err: err}
	case errors.Is(err, http1.ErrMalformed):
		return nil, &Error{Reason: BadAnswer, Err: err}
	case err != nil:
		return nil, err
	case resp.Encoded:
		return nil, &Error{Reason: BadAnswer, Err: errEncoded}
	}
	return accept(&Response{Body: resp.Body, Status: resp.Status, release: resp.Free}, resp.ContentType)
}

func (l *lean) close() { l.client.Close() }

var (
	errEncoded     = errors.New("the answer has a content encoding that was not asked for")
	errContentType = errors.New("the answer is not JSON")
)

// accept lets a response through that may be a GraphQL one: JSON, whatever its status.
func accept(r *Response, contentType string) (*Response, error) {
	if isJSON(contentType) {
		return r, nil
	}
	r.Release()
	if r.Status < 200 || r.Status > 299 {
		return nil, &Error{Reason: BadStatus, Status: r.Status}
	}
	return nil, &Error{Reason: BadAnswer, Err: errContentType}
}

func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "application/json", "application/graphql-response+json", "application/graphql+json", "":
		return true
	default:
		return false
	}
}
