package nats

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"devportal.internal/router/eventsource"
)

// Source reads subjects that JetStream keeps. The message is the body that was published. It is safe for concurrent use.
type Source struct {
	conn *nats.Conn
	js   jetstream.JetStream
	open atomic.Int64 // streams that are read
}

const (
	requestTimeout = 2 * time.Second
	reconnectWait  = 250 * time.Millisecond
	maxStreams     = 10_000
	maxSubject     = 1_024 // bytes; a server ends the connection of all streams for a line of over 4,096
)

// Open makes a Source of servers: URLs with nats:// or tls://, separated by commas, with user and password or a token. The
// parameter credentials names a file of credentials (nats://host?credentials=FILE), ca a file of certificates. Servers that are
// away are looked for until Close. Its error does not show the URL, which may hold a password.
func Open(urls string) (*Source, error) {
	servers, options, err := parse(urls)
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(servers, append(options,
		nats.Name("router"), nats.Timeout(requestTimeout), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait), nats.ReconnectBufSize(-1), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	)...)
	if err != nil {
		return nil, errors.New("the NATS servers' URL, credentials or certificates are not usable")
	}
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(requestTimeout))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("using JetStream: %w", err)
	}
	return &Source{conn: conn, js: js}, nil
}

func parse(urls string) (servers string, options []nats.Option, err error) {
	var plain []string
	for text := range strings.SplitSeq(urls, ",") {
		server, err := url.Parse(strings.TrimSpace(text))
		if err != nil || server.Host == "" || server.Scheme != "nats" && server.Scheme != "tls" {
			return "", nil, errors.New("a NATS URL must be nats:// or tls:// with a host")
		}
		for name, values := range server.Query() {
			switch name {
			case "credentials":
				options = append(options, nats.UserCredentials(values[0]))
			case "ca":
				options = append(options, nats.RootCAs(values[0]))
			default:
				return "", nil, fmt.Errorf("a NATS URL has no parameter %q: there are credentials and ca", name)
			}
		}
		if server.Scheme == "tls" {
			options = append(options, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
		}
		server.RawQuery = ""
		plain = append(plain, server.String())
	}
	return strings.Join(plain, ","), options, nil
}

// Close ends the connection, once all streams are closed.
func (s *Source) Close() error {
	s.conn.Close()
	return nil
}

// Last implements eventsource.Source.
func (s *Source) Last(ctx context.Context, subject string) (string, error) {
	kept, err := s.find(ctx, subject)
	if err != nil {
		return "", err
	}
	return kept.cursor(kept.last), nil
}

// Open implements eventsource.Source.
func (s *Source) Open(_ context.Context, subject, cursor string) (eventsource.Stream, error) {
	made, after, ok := parseCursor(cursor)
	if !ok {
		return nil, eventsource.ErrCursor
	}
	if err := checkSubject(subject); err != nil {
		return nil, err
	}
	if s.open.Add(1) > maxStreams {
		s.open.Add(-1)
		return nil, eventsource.ErrTooMany
	}
	opened := &stream{source: s, subject: subject, made: made, after: after, woken: make(chan struct{}, 1)}
	subscription, err := s.conn.Subscribe(subject, func(*nats.Msg) {
		select {
		case opened.woken <- struct{}{}:
		default:
		}
	})
	if err != nil {
		s.open.Add(-1)
		return nil, away(err)
	}
	opened.subscription = subscription
	return opened, nil
}

func checkSubject(subject string) error {
	if subject == "" || len(subject) > maxSubject || strings.ContainsAny(subject, "*> \t\r\n") || slices.Contains(strings.Split(subject, "."), "") {
		return errors.New("the name of the stream is no NATS subject without wildcards")
	}
	return nil
}

// kept is a JetStream stream: when it was made, and the first and the last sequence that it keeps.
type kept struct {
	name        string
	made        int64
	first, last uint64
}

// find finds the JetStream stream that keeps a subject.
func (s *Source) find(ctx context.Context, subject string) (kept, error) {
	if err := checkSubject(subject); err != nil {
		return kept{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	name, err := s.js.StreamNameBySubject(ctx, subject)
	if err != nil {
		return kept{}, away(err)
	}
	return s.describe(ctx, name)
}

var errUnfit = errors.New("the JetStream stream trims others than its oldest messages: it must keep them by limits, without one per subject")

func (s *Source) describe(ctx context.Context, name string) (kept, error) {
	found, err := s.js.Stream(ctx, name)
	if err != nil {
		return kept{}, away(err)
	}
	info := found.CachedInfo()
	if info.Config.Retention != jetstream.LimitsPolicy || info.Config.MaxMsgsPerSubject > 0 {
		return kept{}, errUnfit
	}
	return kept{name, info.Created.UnixMicro(), info.State.FirstSeq, info.State.LastSeq}, nil
}

// errNone says that a stream keeps no further message of a subject.
var errNone = errors.New("no further message")

// next asks the leader of a stream for the first message of a subject from a sequence on (STREAM.MSG.GET of the JetStream API;
// the library would ask any replica where the stream allows it).
func (s *Source) next(ctx context.Context, name, subject string, from uint64) (sequence uint64, body []byte, err error) {
	ask, err := json.Marshal(map[string]any{"seq": from, "next_by_subj": subject})
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	reply, err := s.conn.RequestWithContext(ctx, jetstream.DefaultAPIPrefix+"STREAM.MSG.GET."+name, ask)
	if err != nil {
		return 0, nil, away(err)
	}
	var said struct {
		Error   *struct{ Code int }
		Message *struct {
			Seq  uint64
			Data []byte
		}
	}
	switch err := json.Unmarshal(reply.Data, &said); {
	case err != nil:
		return 0, nil, away(err)
	case said.Error != nil && said.Error.Code == 404:
		return 0, nil, errNone
	case said.Error != nil || said.Message == nil:
		return 0, nil, fmt.Errorf("%w: JetStream refused", eventsource.ErrAway)
	}
	return said.Message.Seq, said.Message.Data, nil
}

// away says of an exchange that did not succeed that it may later, and nothing of the address.
func away(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("%w: no JetStream stream keeps the subject", eventsource.ErrAway)
	}
	return fmt.Errorf("%w: no answer from NATS", eventsource.ErrAway)
}
