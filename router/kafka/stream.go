package kafka

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"devportal.internal/router/eventsource"
)

const (
	pageSize = 16
	maxFetch = 2 << 20     // bytes that a broker sends at once; one record more than that comes alone
	look     = time.Second // how often a topic is looked at for further partitions, and how long one poll waits
)

// stream goes through a topic with a consumer of its own.
type stream struct {
	source *Source
	topic  string
	place  position

	consumer *kgo.Client // nil until the topic was found
	page     []*kgo.Record
	failed   error     // what the reading ends with after the page
	looked   time.Time // when the topic was looked at last
	absence  eventsource.Absence
}

// Next implements eventsource.Stream. While Kafka is away for a moment it waits.
func (s *stream) Next(ctx context.Context) (eventsource.Message, error) {
	for len(s.page) == 0 {
		err := s.failed
		if err == nil {
			err = s.read(ctx)
		}
		if s.absence.Ends(ctx, err) {
			return eventsource.Message{}, err
		}
		if err != nil && len(s.page) == 0 {
			rest(ctx)
		}
		if ctx.Err() != nil {
			return eventsource.Message{}, ctx.Err()
		}
	}
	record := s.page[0]
	s.page = s.page[1:]
	s.place = s.place.after(record.Partition, record.Offset)
	return eventsource.Message{Cursor: s.place.String(), Body: record.Value}, nil
}

func rest(ctx context.Context) {
	timer := time.NewTimer(look / 4)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// read waits for a page of records, for a while.
func (s *stream) read(ctx context.Context) error {
	if err := s.lookAtTopic(ctx); err != nil {
		return err
	}
	polling, cancel := context.WithTimeout(ctx, look)
	defer cancel()
	fetched := s.consumer.PollRecords(polling, pageSize)
	s.page = fetched.Records()
	var failed error
	fetched.EachError(func(_ string, _ int32, err error) {
		switch {
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		case errors.Is(err, kerr.OffsetOutOfRange):
			s.failed = eventsource.ErrExpired
		default:
			failed = away(err)
		}
	})
	if len(s.page) > 0 {
		return nil
	}
	return errors.Join(s.failed, failed)
}

// lookAtTopic begins to consume, and goes on with partitions that came later.
func (s *stream) lookAtTopic(ctx context.Context) error {
	if s.consumer != nil && time.Since(s.looked) < look {
		return nil
	}
	age := look
	if s.consumer == nil {
		age = 0
	}
	found, err := s.source.describe(ctx, s.topic, age)
	if err != nil {
		return err
	}
	if found.id != s.place.topic || found.partitions < len(s.place.next) {
		return eventsource.ErrExpired // another topic by that name
	}
	known := len(s.place.next)
	s.place.next = append(slices.Clone(s.place.next), make([]int64, found.partitions-known)...)
	if s.consumer != nil {
		s.consume(known)
	} else if err := s.begin(); err != nil {
		return err
	}
	s.looked = time.Now()
	return nil
}

func (s *stream) begin() error {
	consumer, err := kgo.NewClient(append(slices.Clone(s.source.options),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxBytes(maxFetch), kgo.FetchMaxPartitionBytes(maxFetch), kgo.MaxConcurrentFetches(1), kgo.FetchMaxWait(look),
	)...)
	if err != nil {
		return err
	}
	s.consumer = consumer
	s.consume(0)
	return nil
}

// consume consumes the partitions from a number on.
func (s *stream) consume(from int) {
	offsets := map[int32]kgo.Offset{}
	for i := from; i < len(s.place.next); i++ {
		offsets[int32(i)] = kgo.NewOffset().At(s.place.next[i])
	}
	if len(offsets) > 0 {
		s.consumer.AddConsumePartitions(map[string]map[int32]kgo.Offset{s.topic: offsets})
	}
}

// Close implements eventsource.Stream.
func (s *stream) Close() error {
	s.source.open.Add(-1)
	if s.consumer != nil {
		s.consumer.Close()
	}
	return nil
}
