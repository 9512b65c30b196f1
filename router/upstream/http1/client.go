package http1

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Header is one header of a request.
type Header struct{ Name, Value string }

// Config says what endpoint a Client speaks to. All members must be set.
type Config struct {
	Address string // host:port
	Host    string // the Host header
	Path    string // the request target

	MaxConnections int
	MaxBody        int64
	IdleTimeout    time.Duration
}

// Client sends requests to one endpoint. It is safe for concurrent use.
type Client struct {
	config Config
	head   []byte
	dialer net.Dialer
	slots  chan struct{}
	bodies sync.Pool // of *[]byte

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

// Errors that a response ends with. Others are of the network, or of the context.
var (
	ErrTooLarge  = errors.New("the response is larger than its limit")
	ErrMalformed = errors.New("the response is not HTTP/1.1")
)

// New makes a Client. It opens no connection.
func New(c Config) *Client {
	head := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
		"Accept: application/graphql-response+json, application/json;q=0.9\r\n", c.Path, c.Host)
	return &Client{config: c, head: head, slots: make(chan struct{}, c.MaxConnections)}
}

// Do sends body and reads the response. Both must be done by the deadline and while ctx lasts. A request that may be
// repeated is sent once more when a kept connection turns out to be closed.
func (c *Client) Do(ctx context.Context, deadline time.Time, repeatable bool, headers []Header, body []byte) (*Response, error) {
	if err := c.acquire(ctx, deadline); err != nil {
		return nil, err
	}
	defer func() { <-c.slots }()
	for {
		k, err := c.connection(ctx, deadline, repeatable)
		if err != nil {
			return nil, err
		}
		resp, err := k.exchange(ctx, deadline, c.head, headers, body)
		if err == nil {
			c.keep(k)
			return resp, nil
		}
		k.Close()
		if !repeatable || !k.used || !k.silent || ctx.Err() != nil || !time.Now().Before(deadline) {
			return nil, err
		}
	}
}

// acquire waits for the right to use a connection.
func (c *Client) acquire(ctx context.Context, deadline time.Time) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return context.DeadlineExceeded
	}
}

// connection takes the connection that was used last, or opens one. A request that must not be repeated gets a kept
// connection only if it shows no sign of having been closed.
func (c *Client) connection(ctx context.Context, deadline time.Time, repeatable bool) (*conn, error) {
	for {
		k := c.take()
		if k == nil {
			return c.dial(ctx, deadline)
		}
		if repeatable || k.isAlive() {
			return k, nil
		}
		k.Close()
	}
}

func (c *Client) take() *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.idle)
	if n == 0 {
		return nil
	}
	k := c.idle[n-1]
	c.idle[n-1] = nil
	c.idle = c.idle[:n-1]
	return k
}

func (c *Client) dial(ctx context.Context, deadline time.Time) (*conn, error) {
	d := c.dialer
	d.Deadline = deadline
	nc, err := d.DialContext(ctx, "tcp", c.config.Address)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	return &conn{Conn: nc, client: c, limit: c.config.MaxBody, buf: make([]byte, 0, readBuffer)}, nil
}

// keep makes a connection available again, and closes those at the bottom that have not been used for long.
func (c *Client) keep(k *conn) {
	if k.mustClose {
		k.Close()
		return
	}
	now := time.Now()
	k.used, k.usedAt = true, now
	c.mu.Lock()
	var stale *conn
	if len(c.idle) > 0 && now.Sub(c.idle[0].usedAt) > c.config.IdleTimeout {
		stale = c.idle[0]
		c.idle = append(c.idle[:0], c.idle[1:]...)
	}
	if c.closed {
		stale = k
	} else {
		c.idle = append(c.idle, k)
	}
	c.mu.Unlock()
	if stale != nil {
		stale.Close()
	}
}

// Close closes the idle connections; those in use are closed when their exchange ends.
func (c *Client) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	for _, k := range idle {
		k.Close()
	}
}
