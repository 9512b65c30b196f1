package upstream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"

	"devportal.internal/router/upstream/http1"
)

// call is a request on its way through the policies.
type call struct {
	*Request
	headers  []http1.Header
	identity string
	deadline time.Time
}

// transport moves one request. Its errors are classified by whoever calls it.
type transport interface {
	send(ctx context.Context, c *call) (*Response, error)
	close()
}

// member is one subgraph with its policies and transport.
type member struct {
	name         string
	config       Subgraph
	headers      headers
	transport    transport
	streamClient *http.Client
	flights      *flights // nil when requests are not shared
	breaker      *gobreaker.TwoStepCircuitBreaker[struct{}]
}

func newMember(name string, s Subgraph, c Config) *member {
	m := &member{name: name, config: s, headers: newHeaders(s, c), transport: newTransport(s), streamClient: newStreamClient(s), breaker: newBreaker(name, s)}
	if c.Deduplicate {
		m.flights = newFlights(s.Timeout)
	}
	return m
}

func newTransport(s Subgraph) transport {
	switch {
	case s.Handler != nil:
		return &inProcess{handler: s.Handler, limit: s.MaxResponseBytes}
	case !s.Standard && isPlain(s.URL):
		return newLean(s)
	default:
		return newStandard(s)
	}
}

func newBreaker(name string, s Subgraph) *gobreaker.TwoStepCircuitBreaker[struct{}] {
	if s.Breaker < 0 {
		return nil
	}
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        name,
		Timeout:     s.BreakerPause,
		ReadyToTrip: func(c gobreaker.Counts) bool { return int(c.ConsecutiveFailures) >= s.Breaker },
	})
}

func (m *member) do(ctx context.Context, req *Request) (*Response, error) {
	c := call{Request: req, deadline: m.deadline(ctx)}
	var err error
	if c.headers, c.identity, err = m.headers.of(ctx, m.name, req.Header); err != nil {
		return nil, &Error{Subgraph: m.name, Reason: Unsigned, Err: err}
	}
	if m.flights != nil && req.Kind == Query {
		return m.flights.do(ctx, &c, m.name, m.guarded)
	}
	return m.guarded(ctx, &c)
}

func (m *member) deadline(ctx context.Context) time.Time {
	limit := time.Now().Add(m.config.Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(limit) {
		return d
	}
	return limit
}

// guarded makes the call unless the breaker is open, and tells the breaker how it went.
func (m *member) guarded(ctx context.Context, c *call) (*Response, error) {
	if m.breaker == nil {
		return m.repeated(ctx, c)
	}
	done, err := m.breaker.Allow()
	if err != nil {
		return nil, &Error{Subgraph: m.name, Reason: Refused, Err: err}
	}
	finished := false
	defer func() {
		if !finished {
			done(errPanicked)
		}
	}()
	resp, err := m.repeated(ctx, c)
	finished = true
	done(m.verdict(resp, err))
	return resp, err
}

var (
	errPanicked = errors.New("the transport panicked")
	errStatus   = errors.New("the subgraph answered a server error")
)

// verdict is the error that counts against a subgraph: what is its fault, not the caller's.
func (m *member) verdict(resp *Response, err error) error {
	var e *Error
	if errors.As(err, &e) && (e.Reason == Unreachable || e.Reason == TimedOut || e.Status >= 500) {
		return err
	}
	if resp != nil && resp.Status >= 500 {
		return errStatus
	}
	return nil
}

// attempt makes the call once and classifies its error.
func (m *member) attempt(ctx context.Context, c *call) (*Response, error) {
	resp, err := m.transport.send(ctx, c)
	if err != nil {
		return nil, m.classify(ctx, err)
	}
	return resp, nil
}

func (m *member) classify(ctx context.Context, err error) error {
	var e *Error
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &Error{Subgraph: m.name, Reason: Canceled, Err: context.Canceled}
	case errors.As(err, &e):
		e.Subgraph = m.name
		return e
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return &Error{Subgraph: m.name, Reason: TimedOut, Err: err}
	default:
		return &Error{Subgraph: m.name, Reason: Unreachable, Err: err}
	}
}

func (m *member) close() {
	m.transport.close()
	m.streamClient.CloseIdleConnections()
}
