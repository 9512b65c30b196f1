package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// The single connection mode of graphql-sse: a client reserves a connection (PUT), takes it (GET or POST for
// text/event-stream), and then sends operations whose responses all come over that one connection. The token of the
// reservation stands in a header or in the URL.
const (
	tokenHeader    = "X-Graphql-Event-Stream-Token"
	tokenParameter = "token"

	// reservationTime is how long a reservation waits for its connection.
	reservationTime = 30 * time.Second
)

// reservations are the connections that were reserved, by token.
type reservations struct {
	limit int

	mu      sync.Mutex
	byToken map[string]*reservation
}

// reservation is one reserved connection and the operations that answer over it.
type reservation struct {
	identity string
	expire   *time.Timer

	mu         sync.Mutex
	connection *eventConnection
	operations map[string]context.CancelFunc
}

// eventConnection is the stream of a reservation while it is open.
type eventConnection struct {
	ctx     context.Context // it lives exactly as long as the connection
	running sync.WaitGroup

	writing sync.Mutex
	out     *deadlineWriter
}

// reserve makes a reservation; "" says that there are too many.
func (r *reservations) reserve(identity string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.byToken) >= r.limit {
		return ""
	}
	token := rand.Text()
	r.byToken[token] = &reservation{
		identity:   identity,
		expire:     time.AfterFunc(reservationTime, func() { r.drop(token) }),
		operations: map[string]context.CancelFunc{},
	}
	return token
}

func (r *reservations) drop(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byToken, token)
}

// find returns a reservation of the same caller.
func (r *reservations) find(token, identity string) *reservation {
	r.mu.Lock()
	defer r.mu.Unlock()
	if found := r.byToken[token]; found != nil && found.identity == identity {
		return found
	}
	return nil
}

// connect opens the reservation's stream; false says that it is open already.
func (r *reservation) connect(connection *eventConnection) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.connection != nil {
		return false
	}
	r.expire.Stop()
	r.connection = connection
	return true
}

// disconnect ends the stream and what answers over it. After it no operation starts.
func (r *reservation) disconnect(cancel context.CancelCauseFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	cancel(nil)
}

// start registers an operation. Its context ends with the connection, and carries what values carries.
func (r *reservation) start(values context.Context, id string, limit int) (context.Context, *eventConnection, *Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.connection == nil || r.connection.ctx.Err() != nil:
		return nil, nil, Refuse(http.StatusConflict, CodeBadRequest, "the stream of the reservation is not open")
	case r.operations[id] != nil:
		return nil, nil, Refuse(http.StatusConflict, CodeBadRequest, "an operation with this id runs already")
	case len(r.operations) >= limit:
		return nil, nil, Refuse(http.StatusTooManyRequests, CodeTooManyOperations, "too many operations run on this stream")
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(values))
	stop := context.AfterFunc(r.connection.ctx, cancel)
	r.operations[id] = func() { stop(); cancel() }
	r.connection.running.Add(1)
	return ctx, r.connection, nil
}

// stop ends an operation; false says that there was none of that id.
func (r *reservation) stop(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	cancel := r.operations[id]
	if cancel != nil {
		cancel()
		delete(r.operations, id)
	}
	return cancel != nil
}

// run takes an operation to its end. What it answers is written as long as nobody has stopped it.
func (r *reservation) run(ctx context.Context, id string, connection *eventConnection, open func(context.Context) (Stream, *Refusal)) {
	defer connection.running.Done()
	if refusal := connection.copy(ctx, id, open); refusal != nil {
		_ = connection.event("next", id, refusal.Body())
	}
	if r.stop(id) {
		_ = connection.event("complete", id, nil)
	}
}

func (c *eventConnection) copy(ctx context.Context, id string, open func(context.Context) (Stream, *Refusal)) *Refusal {
	events, refusal := open(ctx)
	if refusal != nil {
		return refusal
	}
	defer events.Close()
	for {
		result, err := events.Next(ctx)
		switch {
		case errors.Is(err, io.EOF) || ctx.Err() != nil:
			return nil
		case err != nil:
			return refusalOf(err)
		}
		if c.event("next", id, result.Body) != nil {
			return nil
		}
	}
}

// event writes one event; payload is nil for `complete`.
func (c *eventConnection) event(kind, id string, payload []byte) error {
	quoted, err := json.Marshal(id)
	if err != nil {
		return err
	}
	var frame bytes.Buffer
	frame.WriteString("event: " + kind + "\ndata: {\"id\":")
	frame.Write(quoted)
	if payload != nil {
		frame.WriteString(`,"payload":`)
		frame.Write(oneLine(payload))
	}
	frame.WriteString("}\n\n")
	return c.write(frame.Bytes())
}

func (c *eventConnection) write(frame []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.ctx.Err(); err != nil {
		return err
	}
	_, err := c.out.Write(frame)
	return errors.Join(err, c.out.flush())
}
