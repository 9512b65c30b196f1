package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"devportal.internal/router/eventsource"
)

// Source reads topics. It is safe for concurrent use.
type Source struct {
	options []kgo.Opt
	client  *kgo.Client // asks about topics
	open    atomic.Int64
}

const (
	requestTimeout = 2 * time.Second
	maxStreams     = 1_000
	maxPartitions  = 256
)

// Open makes a Source of brokers: kafka://user:password@host:9092, or kafkas:// over TLS, several with commas. The parameter
// sasl says how the user signs in (PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, which is the default), ca names a file of
// certificates. It does not connect yet. Its error does not show the URL, which may hold a password.
func Open(urls string) (*Source, error) {
	options, err := parse(urls)
	if err != nil {
		return nil, err
	}
	options = append(options, kgo.ClientID("router"), kgo.DialTimeout(requestTimeout), kgo.RetryTimeout(requestTimeout), kgo.MetadataMinAge(250*time.Millisecond))
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, errors.New("the Kafka brokers' URL is not usable")
	}
	return &Source{options: options, client: client}, nil
}

func parse(urls string) (options []kgo.Opt, err error) {
	var brokers []string
	for text := range strings.SplitSeq(urls, ",") {
		text = strings.TrimSpace(text)
		if len(brokers) > 0 && !strings.Contains(text, "://") {
			text = "kafka://" + text
		}
		broker, err := url.Parse(text)
		if err != nil || broker.Host == "" || broker.Scheme != "kafka" && broker.Scheme != "kafkas" {
			return nil, errors.New("a Kafka URL must be kafka:// or kafkas:// with a host")
		}
		brokers = append(brokers, broker.Host)
		more, err := security(broker)
		if err != nil {
			return nil, err
		}
		options = append(options, more...)
	}
	return append(options, kgo.SeedBrokers(brokers...)), nil
}

// security is how the user of a URL signs in, and what the connection is protected by.
func security(broker *url.URL) (options []kgo.Opt, err error) {
	for name := range broker.Query() {
		if name != "sasl" && name != "ca" {
			return nil, fmt.Errorf("a Kafka URL has no parameter %q: there are sasl and ca", name)
		}
	}
	if broker.User != nil {
		user := broker.User.Username()
		password, _ := broker.User.Password()
		switch broker.Query().Get("sasl") {
		case "PLAIN":
			options = append(options, kgo.SASL(plain.Auth{User: user, Pass: password}.AsMechanism()))
		case "SCRAM-SHA-256":
			options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha256Mechanism()))
		case "SCRAM-SHA-512", "":
			options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha512Mechanism()))
		default:
			return nil, errors.New("the parameter sasl must be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
		}
	}
	if broker.Scheme != "kafkas" {
		return options, nil
	}
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := broker.Query().Get("ca"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, errors.New("the file of certificates cannot be read")
		}
		secure.RootCAs = x509.NewCertPool()
		if !secure.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("the file of certificates holds none")
		}
	}
	return append(options, kgo.DialTLSConfig(secure)), nil
}

// Close ends the connections, once all streams are closed.
func (s *Source) Close() error {
	s.client.Close()
	return nil
}

// Last implements eventsource.Source.
func (s *Source) Last(ctx context.Context, topic string) (string, error) {
	found, err := s.describe(ctx, topic, 0)
	if err != nil {
		return "", err
	}
	place := position{topic: found.id, next: make([]int64, found.partitions)}
	ask := kmsg.NewPtrListOffsetsRequest()
	ask.IsolationLevel = 1 // the end of what is committed
	asked := kmsg.NewListOffsetsRequestTopic()
	asked.Topic = topic
	for partition := range place.next {
		one := kmsg.NewListOffsetsRequestTopicPartition()
		one.Partition, one.Timestamp = int32(partition), -1
		asked.Partitions = append(asked.Partitions, one)
	}
	ask.Topics = append(ask.Topics, asked)
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	said, err := ask.RequestWith(ctx, s.client)
	if err != nil {
		return "", away(err)
	}
	answered := 0
	for _, of := range said.Topics {
		for _, one := range of.Partitions {
			if err := kerr.ErrorForCode(one.ErrorCode); err != nil {
				return "", away(err)
			}
			if int(one.Partition) < len(place.next) {
				place.next[one.Partition] = one.Offset
				answered++
			}
		}
	}
	if answered != len(place.next) {
		return "", fmt.Errorf("%w: not every partition has answered", eventsource.ErrAway)
	}
	return place.String(), nil
}

// Open implements eventsource.Source.
func (s *Source) Open(_ context.Context, topic, cursor string) (eventsource.Stream, error) {
	place, ok := parsePosition(cursor)
	if !ok {
		return nil, eventsource.ErrCursor
	}
	if err := checkTopic(topic); err != nil {
		return nil, err
	}
	if s.open.Add(1) > maxStreams {
		s.open.Add(-1)
		return nil, eventsource.ErrTooMany
	}
	return &stream{source: s, topic: topic, place: place}, nil
}

var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

func checkTopic(topic string) error {
	if !topicName.MatchString(topic) || topic == "." || topic == ".." {
		return errors.New("the name of the stream is no Kafka topic")
	}
	return nil
}

// description is what the brokers say of a topic.
type description struct {
	id         [16]byte
	partitions int
}

// describe asks about a topic, unless an answer of an age is at hand.
func (s *Source) describe(ctx context.Context, topic string, age time.Duration) (description, error) {
	if err := checkTopic(topic); err != nil {
		return description{}, err
	}
	ask := kmsg.NewPtrMetadataRequest()
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = kmsg.StringPtr(topic)
	ask.Topics = append(ask.Topics, asked)
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	said, err := s.metadata(ctx, ask, age)
	if err != nil {
		return description{}, away(err)
	}
	if len(said.Topics) != 1 {
		return description{}, fmt.Errorf("%w: Kafka says nothing of the topic", eventsource.ErrAway)
	}
	found := said.Topics[0]
	if err := kerr.ErrorForCode(found.ErrorCode); err != nil {
		return description{}, away(err)
	}
	if len(found.Partitions) > maxPartitions {
		return description{}, fmt.Errorf("a topic may have at most %d partitions", maxPartitions)
	}
	return description{found.TopicID, len(found.Partitions)}, nil
}

// metadata asks the brokers: those who have just been asked about a topic that was made anew might answer for the one before.
func (s *Source) metadata(ctx context.Context, ask *kmsg.MetadataRequest, age time.Duration) (*kmsg.MetadataResponse, error) {
	if age == 0 {
		return ask.RequestWith(ctx, s.client)
	}
	return s.client.RequestCachedMetadata(ctx, ask, age)
}

// away says of an exchange that did not succeed that it may later, and nothing of the address.
func away(err error) error {
	var said *kerr.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &said):
		return fmt.Errorf("%w: Kafka refused: %s", eventsource.ErrAway, said.Message)
	}
	return fmt.Errorf("%w: no answer from Kafka", eventsource.ErrAway)
}
