package nats_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"devportal.internal/router/eventsource"
	"devportal.internal/router/nats"
	"devportal.internal/router/nats/natstest"
)

// patience is more than anything here takes on a busy machine.
const patience = 30 * time.Second

func publish(t *testing.T, js jetstream.JetStream, subject string, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		if _, err := js.Publish(t.Context(), subject, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, b *natstest.Broker) *nats.Source {
	t.Helper()
	source, err := nats.Open(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	return source
}

func last(t *testing.T, source *nats.Source, subject string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		cursor, err := source.Last(ctx, subject)
		if err == nil {
			return cursor
		}
		if !errors.Is(err, eventsource.ErrAway) || ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

func follow(t *testing.T, source *nats.Source, subject, cursor string) eventsource.Stream {
	t.Helper()
	stream, err := source.Open(t.Context(), subject, cursor)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	return stream
}

// reads reads the numbers from one to another, and gives the last cursor.
func reads(t *testing.T, stream eventsource.Stream, from, to int) (cursor string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := from; i <= to; i++ {
		message, err := stream.Next(ctx)
		if err != nil || string(message.Body) != fmt.Sprint(i) {
			t.Fatalf("instead of %d comes %q, %v", i, message.Body, err)
		}
		cursor = message.Cursor
	}
	return cursor
}

func TestSource_reads_a_subject_and_goes_on_after_a_cursor(t *testing.T) {
	t.Parallel()
	b := natstest.New(t)
	b.Keep(jetstream.StreamConfig{})
	source, js := open(t, b), b.Client()
	publish(t, js, "orders.north", 1, 3)
	stream := follow(t, source, "orders.north", last(t, source, "orders.north"))
	go func() {
		for i := 4; i <= 100; i++ {
			_, _ = js.Publish(context.Background(), "orders.south", []byte("another's"))
			_, _ = js.Publish(context.Background(), "orders.north", fmt.Append(nil, i))
		}
	}()
	middle := reads(t, stream, 4, 50)
	reads(t, stream, 51, 100)
	reads(t, follow(t, source, "orders.north", middle), 51, 100)
}

func TestSource_waits_for_a_server_that_is_away(t *testing.T) {
	t.Parallel()
	b := natstest.New(t)
	b.Keep(jetstream.StreamConfig{})
	source := open(t, b)
	stream := follow(t, source, "orders.north", last(t, source, "orders.north"))
	publish(t, b.Client(), "orders.north", 1, 20)
	cursor := reads(t, stream, 1, 2)
	b.Stop()
	b.Start()
	publish(t, b.Client(), "orders.north", 21, 40)
	reads(t, stream, 3, 40)
	reads(t, follow(t, source, "orders.north", cursor), 3, 40)
}

func TestSource_says_that_messages_are_gone(t *testing.T) {
	t.Parallel()
	b := natstest.New(t)
	b.Keep(jetstream.StreamConfig{})
	source, js := open(t, b), b.Client()
	start := last(t, source, "orders.north")
	publish(t, js, "orders.north", 1, 40)
	behind := follow(t, source, "orders.north", start)
	kept := reads(t, behind, 1, 16)
	b.Keep(jetstream.StreamConfig{MaxMsgs: 10})
	if message, err := behind.Next(t.Context()); !errors.Is(err, eventsource.ErrExpired) {
		t.Errorf("who fell behind gets %q, %v", message.Body, err)
	}
	for name, cursor := range map[string]string{"one that was trimmed": kept, "the start": start} {
		if message, err := follow(t, source, "orders.north", cursor).Next(t.Context()); !errors.Is(err, eventsource.ErrExpired) {
			t.Errorf("after %s comes %q, %v", name, message.Body, err)
		}
	}
	idle := follow(t, source, "orders.west", last(t, source, "orders.west"))
	quiet, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if _, err := idle.Next(quiet); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a subject without messages: %v", err)
	}
	end := last(t, source, "orders.north")
	if err := js.DeleteStream(t.Context(), "ORDERS"); err != nil {
		t.Fatal(err)
	}
	b.Keep(jetstream.StreamConfig{})
	publish(t, js, "orders.north", 1, 60)
	if message, err := follow(t, source, "orders.north", end).Next(t.Context()); !errors.Is(err, eventsource.ErrExpired) {
		t.Errorf("in a stream that was made anew comes %q, %v", message.Body, err)
	}
}

func TestSource_follows_a_quiet_subject_of_a_stream_that_trims(t *testing.T) {
	t.Parallel()
	b := natstest.New(t)
	b.Keep(jetstream.StreamConfig{MaxMsgs: 100})
	source, js := open(t, b), b.Client()
	quiet := follow(t, source, "orders.quiet", last(t, source, "orders.quiet"))
	read := make(chan error, 1)
	go func() {
		message, err := quiet.Next(t.Context())
		if err == nil && string(message.Body) != "1" {
			err = fmt.Errorf("got %q", message.Body)
		}
		read <- err
	}()
	for i := range 4 {
		publish(t, js, "orders.busy", 40*i, 40*i+39)
		time.Sleep(1200 * time.Millisecond) // who waits looks once a second
	}
	publish(t, js, "orders.quiet", 1, 1)
	if err := <-read; err != nil {
		t.Error(err)
	}
}

func TestSource_refuses_what_it_could_not_read_whole(t *testing.T) {
	t.Parallel()
	b := natstest.New(t)
	b.Keep(jetstream.StreamConfig{MaxMsgsPerSubject: 1})
	source := open(t, b)
	if cursor, err := source.Last(t.Context(), "orders.north"); err == nil || errors.Is(err, eventsource.ErrAway) {
		t.Errorf("of a stream that keeps one message a subject: %s, %v", cursor, err)
	}
	for _, subject := range []string{"", "orders.*", "orders.>", "orders..north", "orders north", "orders." + strings.Repeat("n", 5_000)} {
		if _, err := source.Last(t.Context(), subject); err == nil {
			t.Errorf("subject %q is accepted", subject)
		}
		if _, err := source.Open(t.Context(), subject, "a-1"); err == nil {
			t.Errorf("subject %q is opened", subject)
		}
	}
	for _, cursor := range []string{"", "1", "-", "a-", "a-x", "-a-1", "a-99999999999999999999", "a-1-1", "!-1"} {
		if _, err := source.Open(t.Context(), "orders.north", cursor); !errors.Is(err, eventsource.ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	if _, err := source.Last(t.Context(), "invoices"); !errors.Is(err, eventsource.ErrAway) {
		t.Errorf("a subject that no stream keeps: %v", err)
	}
	for _, url := range []string{"", "http://user:canary@x", "nats://", "nats://user:canary@x?key=canary", "nats://x,redis://canary", "nats://x?credentials=/canary", "nats://x?ca=/canary"} {
		if opened, err := nats.Open(url); err == nil {
			_ = opened.Close()
			t.Errorf("URL %q is accepted", url)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error says %v", err)
		}
	}
}
