package nats

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"devportal.internal/router/eventsource"
)

const (
	pageSize = 16
	look     = time.Second // how often who waits looks without having been woken
)

// stream goes through a subject page by page, and waits at its end.
type stream struct {
	source       *Source
	subject      string
	subscription *nats.Subscription
	woken        chan struct{}

	made    int64  // when the JetStream stream was made
	after   uint64 // all up to this sequence was read
	known   uint64 // the last sequence when the stream was described last
	name    string // of the JetStream stream, once it was found
	page    []message
	absence eventsource.Absence
}

type message struct {
	sequence uint64
	body     []byte
}

// Next implements eventsource.Stream. While NATS is away for a moment it waits.
func (s *stream) Next(ctx context.Context) (eventsource.Message, error) {
	for len(s.page) == 0 {
		err := s.read(ctx)
		if s.absence.Ends(ctx, err) {
			return eventsource.Message{}, err
		}
		if len(s.page) > 0 {
			break
		}
		if err := s.wait(ctx); err != nil {
			return eventsource.Message{}, err
		}
	}
	first := s.page[0]
	s.page = s.page[1:]
	return eventsource.Message{Cursor: kept{made: s.made}.cursor(first.sequence), Body: first.body}, nil
}

func (s *stream) wait(ctx context.Context) error {
	timer := time.NewTimer(look)
	defer timer.Stop()
	select {
	case <-s.woken:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// read reads the next page, with proof that it follows what was read before. Where that is empty, and others' messages have
// come meanwhile, a second one proves that nothing stands among these.
func (s *stream) read(ctx context.Context) error {
	for range 2 {
		if err := s.readPage(ctx); err != nil || len(s.page) > 0 || s.after >= s.known {
			return err
		}
	}
	return nil
}

func (s *stream) readPage(ctx context.Context) error {
	if s.name == "" {
		found, err := s.source.find(ctx, s.subject)
		if err != nil {
			return err
		}
		s.name = found.name
	}
	page, err := s.collect(ctx)
	if err != nil {
		return err
	}
	describing, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	now, err := s.source.describe(describing, s.name)
	if err != nil {
		return err
	}
	if now.made != s.made || now.first > s.after+1 || now.last < s.after {
		return eventsource.ErrExpired
	}
	switch {
	case len(page) == pageSize:
		s.after = page[len(page)-1].sequence
	case len(page) > 0:
		s.after = max(page[len(page)-1].sequence, s.known)
	default:
		s.after = max(s.after, s.known)
	}
	s.page, s.known = page, now.last
	return nil
}

// collect asks for messages until there are none, or a page is full.
func (s *stream) collect(ctx context.Context) (page []message, err error) {
	for from := s.after + 1; len(page) < pageSize; {
		sequence, body, err := s.source.next(ctx, s.name, s.subject, from)
		if errors.Is(err, errNone) {
			return page, nil
		}
		if err != nil {
			return nil, err
		}
		page = append(page, message{sequence, body})
		from = sequence + 1
	}
	return page, nil
}

// Close implements eventsource.Stream.
func (s *stream) Close() error {
	s.source.open.Add(-1)
	_ = s.subscription.Unsubscribe() // it fails where the connection is gone, and the subscription with it
	return nil
}

// cursor is the cursor of a place in a stream.
func (k kept) cursor(sequence uint64) string {
	return strconv.FormatInt(k.made, 36) + "-" + strconv.FormatUint(sequence, 10)
}

func parseCursor(text string) (made int64, sequence uint64, ok bool) {
	before, after, found := strings.Cut(text, "-")
	made, err := strconv.ParseInt(before, 36, 64)
	sequence, err2 := strconv.ParseUint(after, 10, 63)
	return made, sequence, found && err == nil && err2 == nil && made > 0
}
