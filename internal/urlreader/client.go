package urlreader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/telemetry"
)

// What a client is given where Options say nothing, and what nobody can change.
const (
	defaultMaxBytes = 10 << 20
	defaultTimeout  = 20 * time.Second
	maxRedirects    = 5
	maxHeaderBytes  = 64 << 10
	dialTimeout     = 5 * time.Second
	userAgent       = "devportal"
)

// Stable codes of the faults that this package makes.
const (
	CodeURLInvalid     = "URL_INVALID"
	CodeURLNotAllowed  = "URL_NOT_ALLOWED"
	CodeURLNotFound    = "URL_NOT_FOUND"
	CodeURLTooLarge    = "URL_TOO_LARGE"
	CodeURLUnavailable = "URL_UNAVAILABLE"
)

// Options say what a client may reach. The zero value reaches every public host.
type Options struct {
	// Allow lists the hosts that may be read: "example.com", "*.example.com" (not the domain itself), each with ":port"
	// or for every port. Empty means every host.
	Allow []string
	// PrivateNetworks lets names lead to private, loopback and link-local addresses.
	PrivateNetworks bool
	// MaxBytes bounds a body, after decompression; 0 means 10 MiB.
	MaxBytes int64
	// Timeout bounds one Read with all its redirects; 0 means 20 seconds.
	Timeout time.Duration
}

// Client reads URLs. It serves any number of goroutines.
type Client struct {
	opts Options
	http *http.Client
	base *http.Transport
}

// New makes a client. Close it when its users have ended.
func New(opts Options) *Client {
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = defaultMaxBytes
	}
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	c := &Client{opts: opts}
	c.base = &http.Transport{
		DialContext:            c.dialer().DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  opts.Timeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        time.Minute,
		ForceAttemptHTTP2:      true,
	}
	c.http = &http.Client{Transport: telemetry.Client(c.base), CheckRedirect: c.checkRedirect}
	return c
}

// Close ends unused connections.
func (c *Client) Close() { c.base.CloseIdleConnections() }

// Condition asks for a body only when it has changed. The zero value asks for it anyway.
type Condition struct {
	ETag, LastModified string
}

// Response is what a URL gave.
type Response struct {
	// URL is where the body came from, after redirects.
	URL string
	// NotModified reports that nothing changed under the condition; Body is nil then.
	NotModified bool
	Body        []byte
	ContentType string
	// Condition is for the next Read.
	Condition Condition
}

// Read gets the URL. Faults: invalid (not a readable URL, not allowed, too large), not found (404, 410), unavailable
// (everything else), each with a code of this package.
func (c *Client) Read(ctx context.Context, target string, condition Condition) (*Response, error) {
	const op = "urlreader.Read"
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	request, err := c.request(ctx, target, condition)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.translate(request.URL, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusNotModified {
		return &Response{URL: response.Request.URL.String(), NotModified: true, Condition: condition}, nil
	}
	if err := checkStatus(request.URL, response.StatusCode); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, c.opts.MaxBytes+1))
	if err != nil {
		return nil, c.translate(request.URL, err)
	}
	if int64(len(body)) > c.opts.MaxBytes {
		return nil, fault.Invalid(op, "%s is larger than %d bytes", shown(request.URL), c.opts.MaxBytes).
			WithCode(CodeURLTooLarge)
	}
	return newResponse(response, body), nil
}

func newResponse(response *http.Response, body []byte) *Response {
	return &Response{
		URL: response.Request.URL.String(), Body: body, ContentType: response.Header.Get("Content-Type"),
		Condition: Condition{ETag: response.Header.Get("ETag"), LastModified: response.Header.Get("Last-Modified")},
	}
}

func (c *Client) request(ctx context.Context, target string, condition Condition) (*http.Request, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fault.Invalid("urlreader.Read", "this is not a URL").WithCode(CodeURLInvalid)
	}
	if err := c.checkURL(u); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fault.Invalid("urlreader.Read", "this is not a URL").WithCode(CodeURLInvalid)
	}
	request.Header.Set("User-Agent", userAgent)
	if condition.ETag != "" {
		request.Header.Set("If-None-Match", condition.ETag)
	}
	if condition.LastModified != "" {
		request.Header.Set("If-Modified-Since", condition.LastModified)
	}
	return request, nil
}

// checkRedirect applies to every hop what applies to the first, and lets no hop fall back from https to http. The
// address of the hop before is not told to the next.
func (c *Client) checkRedirect(next *http.Request, via []*http.Request) error {
	next.Header.Del("Referer")
	if len(via) > maxRedirects {
		return fault.Invalid("urlreader.Read", "%s redirects more than %d times", shown(via[0].URL), maxRedirects).
			WithCode(CodeURLNotAllowed)
	}
	if via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return notAllowed(via[0].URL, "it redirects from https to "+next.URL.Scheme)
	}
	return c.checkURL(next.URL)
}

// dialer checks each address that a name resolved to, right before the connection to it is made.
func (c *Client) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: dialTimeout,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			if c.opts.PrivateNetworks {
				return nil
			}
			return checkAddress(address)
		},
	}
}

func checkStatus(u *url.URL, status int) error {
	const op = "urlreader.Read"
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusNotFound || status == http.StatusGone:
		return fault.NotFound(op, "%s does not exist", shown(u)).WithCode(CodeURLNotFound)
	default:
		return fault.Unavailable(op, fmt.Errorf("status %d", status)).
			WithMessage("%s answered with status %d", shown(u), status).WithCode(CodeURLUnavailable)
	}
}

// translate keeps our own faults and hides what is within foreign errors, which repeat the URL and its query.
func (c *Client) translate(u *url.URL, err error) error {
	var own *fault.Error
	if errors.As(err, &own) {
		return own
	}
	if errors.Is(err, errAddress) {
		return notAllowed(u, "it leads to an address within a private network")
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fault.Unavailable("urlreader.Read", err).
		WithMessage("%s cannot be read", shown(u)).WithCode(CodeURLUnavailable)
}
