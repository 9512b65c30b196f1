package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
)

// socketOperation is one operation that runs on a socket.
type socketOperation struct {
	id  string
	ctx context.Context // it ends when the operation does; one that waits for events has none

	// mu guards cancel, the stream that the operation waits for, and that it was ended before it had one.
	mu     sync.Mutex
	cancel context.CancelFunc
	stream Polled
	closed bool
}

// attach gives the operation its stream; false says that it has ended meanwhile.
func (o *socketOperation) attach(stream Polled) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.cancel()
	o.ctx, o.cancel, o.stream = nil, nil, stream
	return true
}

// close ends what the operation runs.
func (o *socketOperation) close() {
	o.mu.Lock()
	stream, cancel := o.stream, o.cancel
	o.closed, o.stream, o.cancel = true, nil, nil
	o.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if stream != nil {
		stream.Close()
	}
}

// subscribe starts an operation of any kind under the id that the client chose.
func (s *socket) subscribe(m message) error {
	if !s.acked {
		return &closing{closeUnauthorized, "unauthorised"}
	}
	if m.ID == "" || m.Payload == nil {
		return &closing{closeBadRequest, "the message needs an id and a payload"}
	}
	req, refusal := s.handler.decodeRequest(m.Payload)
	if refusal != nil {
		return &closing{closeBadRequest, refusal.Errors[0].Message}
	}
	operation, refusal, err := s.register(m.ID)
	if err != nil {
		return err
	}
	if refusal != nil {
		return s.write(s.failure(m.ID, refusal))
	}
	req.Header, req.Caller = s.request.Header, s.caller
	req.Client, req.Remote = s.client, remoteOf(s.request)
	s.background(func() { s.run(operation, req) })
	return nil
}

// register takes the id. The error is that the id is taken, which ends the socket; the refusal only the operation.
func (s *socket) register(id string) (*socketOperation, *Refusal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(id) != nil {
		return nil, nil, &closing{closeDuplicate, "an operation with this id runs already"}
	}
	if len(s.operations) >= s.handler.options.Limits.SocketOperations {
		return nil, Refuse(http.StatusTooManyRequests, CodeTooManyOperations, "too many operations run on this socket"), nil
	}
	// The socket ends its operations itself: that its context does as well would cost every silent one its place there.
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.callerC))
	operation := &socketOperation{id: id, ctx: ctx, cancel: cancel}
	s.operations = append(s.operations, operation)
	return operation, nil, nil
}

// find is the operation of an id, nil for none. The caller holds mu.
func (s *socket) find(id string) *socketOperation {
	for _, operation := range s.operations {
		if operation.id == id {
			return operation
		}
	}
	return nil
}

// forget frees the id and says whether the operation still held it: if not, the client hears no more of it.
func (s *socket) forget(operation *socketOperation) bool {
	operation.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.operations)
	s.operations = slices.DeleteFunc(s.operations, func(o *socketOperation) bool { return o == operation })
	return len(s.operations) < before
}

func (s *socket) current(operation *socketOperation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.operations, operation)
}

// unsubscribe ends an operation at the client's wish. One that is not known may have ended on its own.
func (s *socket) unsubscribe(m message) error {
	s.mu.Lock()
	operation := s.find(m.ID)
	s.mu.Unlock()
	if operation == nil || !s.forget(operation) || !s.words.confirm {
		return nil
	}
	return s.write(message{ID: m.ID, Type: s.words.complete})
}

// run takes an operation from its request to its last message, or to where it waits for events.
func (s *socket) run(operation *socketOperation, req *Request) {
	if last := s.answer(operation, req); last.Type != "" {
		s.finish(operation, last)
	}
}

// finish ends an operation with its last message.
func (s *socket) finish(operation *socketOperation, last message) {
	if s.forget(operation) {
		_ = s.write(last)
	}
}

// answer returns the operation's last message, an empty one if it waits for events. A panic ends the operation, not the process.
func (s *socket) answer(operation *socketOperation, req *Request) (last message) {
	ctx := operation.ctx
	defer func() {
		if reason := recover(); reason != nil {
			s.handler.panicked(ctx, reason)
			last = s.failure(operation.id, refusalOf(errPanicked))
		}
	}()
	prepared, refusal := s.handler.engine.Prepare(ctx, req)
	if refusal != nil {
		return s.failure(operation.id, refusal)
	}
	if prepared.Kind() != Subscription {
		if !s.enterFinite() {
			return s.failure(operation.id, shuttingDown())
		}
		defer s.leaveFinite()
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.handler.options.Limits.Operation)
		defer cancel()
	}
	return s.copy(ctx, operation, prepared)
}

var errPanicked = errors.New("operation panicked")

func (s *socket) copy(ctx context.Context, operation *socketOperation, prepared Operation) message {
	if prepared.Kind() != Subscription && !prepared.Incremental() {
		if err := s.next(operation, prepared.Execute(ctx)); err != nil {
			return s.failure(operation.id, refusalOf(err))
		}
		return message{ID: operation.id, Type: s.words.complete}
	}
	stream, refusal := prepared.Stream(ctx)
	if refusal != nil {
		return s.failure(operation.id, refusal)
	}
	if polled, able := stream.(Polled); able {
		return s.follow(operation, polled)
	}
	defer stream.Close()
	for {
		result, err := stream.Next(ctx)
		if errors.Is(err, io.EOF) {
			return message{ID: operation.id, Type: s.words.complete}
		}
		if err == nil {
			err = s.next(operation, result)
		}
		if err != nil {
			return s.failure(operation.id, refusalOf(err))
		}
	}
}

// follow gives the operation a stream that tells when it has something.
func (s *socket) follow(operation *socketOperation, stream Polled) message {
	if !operation.attach(stream) {
		stream.Close()
		return message{}
	}
	s.pump(operation, stream)
	return message{}
}

// pump writes what the stream has, and comes back when it has more: an operation that waits has no goroutine.
func (s *socket) pump(operation *socketOperation, stream Polled) {
	for {
		result, err := stream.Poll(func() { s.background(func() { s.pump(operation, stream) }) })
		switch {
		case errors.Is(err, io.EOF):
			s.finish(operation, message{ID: operation.id, Type: s.words.complete})
			return
		case err == nil && result == nil:
			return
		case err == nil:
			err = s.next(operation, result)
		}
		if err != nil {
			s.finish(operation, s.failure(operation.id, refusalOf(err)))
			return
		}
	}
}

// next sends a response, unless the client has ended the operation meanwhile.
func (s *socket) next(operation *socketOperation, result *Result) error {
	if !s.current(operation) {
		return context.Canceled
	}
	return s.write(message{ID: operation.id, Type: s.words.next, Payload: result.Body})
}

// failure is the message that ends an operation with errors.
func (s *socket) failure(id string, refusal *Refusal) message {
	payload := refusal.errorsJSON()
	if s.words.oneError {
		if first, err := json.Marshal(refusal.Errors[0]); err == nil {
			payload = first
		}
	}
	return message{ID: id, Type: s.words.failure, Payload: payload}
}
