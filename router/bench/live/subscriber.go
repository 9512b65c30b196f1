package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// subscriberKind is what a subscriber asks for, and how it behaves.
type subscriberKind struct {
	query string

	// silent has it read nothing once it has subscribed.
	silent bool

	// resumes has it come back with the cursor of the last event whenever its socket ends.
	resumes bool
}

// subscriber is one websocket with one subscription.
type subscriber struct {
	subscriberKind
	world *world

	conn    net.Conn
	opened  chan struct{}
	returns atomic.Int64

	mu     sync.Mutex
	seen   []int
	at     []time.Time
	err    error
	cursor string
}

var errRefused = errors.New("told to come again")

// connect opens the socket and subscribes. A router that has no room says when to come again.
func (s *subscriber) connect() (*bufio.Reader, error) {
	for {
		reader, again, err := s.dial()
		if !errors.Is(err, errRefused) {
			return reader, err
		}
		time.Sleep(again)
	}
}

func (s *subscriber) dial() (*bufio.Reader, time.Duration, error) {
	again := 100 * time.Millisecond
	dialer := ws.Dialer{Protocols: []string{"graphql-transport-ws"}, Timeout: 30 * time.Second, ReadBufferSize: 512, WriteBufferSize: 512}
	dialer.OnStatusError = func(_ int, _ []byte, answer io.Reader) {
		if resp, err := http.ReadResponse(bufio.NewReader(answer), nil); err == nil {
			if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
				again = time.Duration(seconds) * time.Second
			}
		}
	}
	conn, early, _, err := dialer.Dial(context.Background(), "ws://"+s.world.current.Load().clients+"/graphql")
	var refused ws.StatusError
	if errors.As(err, &refused) && int(refused) == http.StatusServiceUnavailable {
		return nil, again, errRefused
	}
	if err != nil {
		return nil, 0, err
	}
	s.conn = conn
	var from io.Reader = conn
	if early != nil {
		from = io.MultiReader(early, conn)
	}
	reader := bufio.NewReaderSize(from, 512)
	return reader, 0, s.begin(reader)
}

func (s *subscriber) begin(reader *bufio.Reader) error {
	if err := s.send(`{"type":"connection_init"}`); err != nil {
		return err
	}
	text, err := s.read(reader)
	if err != nil || !bytes.Contains(text, []byte("connection_ack")) {
		return fmt.Errorf("not acknowledged: %s %w", text, err)
	}
	payload, err := json.Marshal(map[string]any{"query": s.query, "variables": map[string]any{"after": s.after()}})
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	return s.send(`{"type":"subscribe","id":"1","payload":` + string(payload) + `}`)
}

func (s *subscriber) after() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cursor == "" {
		return nil
	}
	return s.cursor
}

func (s *subscriber) send(text string) error {
	return ws.WriteFrame(s.conn, ws.MaskFrame(ws.NewTextFrame([]byte(text))))
}

// read returns the next text message.
func (s *subscriber) read(reader *bufio.Reader) ([]byte, error) {
	for {
		head, err := ws.ReadHeader(reader)
		if err != nil {
			return nil, err
		}
		payload := make([]byte, head.Length)
		if _, err := io.ReadFull(reader, payload); err != nil {
			return nil, err
		}
		switch head.OpCode {
		case ws.OpText:
			return payload, nil
		case ws.OpPing:
			if err := ws.WriteFrame(s.conn, ws.MaskFrame(ws.NewPongFrame(payload))); err != nil {
				return nil, err
			}
		case ws.OpClose:
			return nil, io.EOF
		}
	}
}

// run notes what comes until the socket ends, and comes back if it resumes.
func (s *subscriber) run() {
	for {
		reader, err := s.connect()
		if s.opened != nil {
			close(s.opened)
			s.opened = nil
		}
		if s.silent && err == nil {
			return
		}
		for err == nil {
			var text []byte
			if text, err = s.read(reader); err == nil {
				err = s.note(text)
			}
		}
		if s.conn != nil {
			_ = s.conn.Close()
		}
		var wrong *wrongMessageError
		if !s.resumes || errors.As(err, &wrong) {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			return
		}
		s.returns.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
}

// wrongMessageError is a message that a subscriber should not have got.
type wrongMessageError struct{ text string }

func (e *wrongMessageError) Error() string { return "got " + e.text }

func (s *subscriber) note(text []byte) error {
	now := time.Now()
	_, rest, found := bytes.Cut(text, []byte(`"number":`))
	if !found {
		if s.resumes && bytes.Contains(text, []byte(`"SHUTTING_DOWN"`)) {
			return io.EOF
		}
		return &wrongMessageError{string(text)}
	}
	digits := rest[:bytes.IndexAny(rest, ",}")]
	number, err := strconv.Atoi(string(digits))
	if err != nil {
		return &wrongMessageError{string(text)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.at, s.cursor = append(s.seen, number), append(s.at, now), string(digits)
	return nil
}

// check compares the history with what was committed: all of it, in order, nothing twice.
func (s *subscriber) check(commits int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, number := range s.seen {
		if number != i+1 {
			return fmt.Errorf("event %d came in the place of %d (ended: %w)", number, i+1, s.err)
		}
	}
	if len(s.seen) != commits {
		return fmt.Errorf("%d of %d events came (ended: %w)", len(s.seen), commits, s.err)
	}
	return nil
}

func (s *subscriber) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// subscribe opens many sockets, some at a time, and waits until all have joined their live operation.
func (w *world) subscribe(n, atOnce int, like subscriberKind) ([]*subscriber, error) {
	router := w.current.Load()
	before, err := router.stats("router_live_subscribers")
	if err != nil {
		return nil, err
	}
	all := make([]*subscriber, n)
	slots := make(chan struct{}, atOnce)
	var opening sync.WaitGroup
	for i := range all {
		s := &subscriber{world: w, subscriberKind: like, opened: make(chan struct{})}
		all[i] = s
		slots <- struct{}{}
		opening.Go(func() {
			opened := s.opened
			go s.run()
			<-opened
			<-slots
		})
	}
	opening.Wait()
	return all, until(func() bool {
		joined, err := router.stats("router_live_subscribers")
		return err == nil && joined >= before+float64(n) && w.streams() > 0
	})
}

// streams is how many streams of the subgraph are open: what is committed before the first one is, nobody has asked for.
func (w *world) streams() int {
	resp, err := http.Get("http://" + w.address + "/streams")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	var n int
	_, _ = fmt.Fscan(resp.Body, &n)
	return n
}
