package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"devportal.internal/router/eventsource"
	"devportal.internal/router/kafka"
)

// patience is more than anything here takes on a busy machine.
const patience = time.Minute

const topic = "orders.north"

// brokers are a cluster that can be stopped and started again with what it kept.
type brokers struct {
	t       *testing.T
	options []kfake.Opt
	cluster *kfake.Cluster
}

func newBrokers(t *testing.T, partitions int32) *brokers {
	t.Helper()
	b := &brokers{t: t, options: []kfake.Opt{
		kfake.NumBrokers(1), kfake.DataDir(t.TempDir()), kfake.SyncWrites(), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "router", "canary"),
	}}
	b.start(kfake.SeedTopics(partitions, topic))
	_, port, _ := strings.Cut(b.cluster.ListenAddrs()[0], ":")
	var number int
	if _, err := fmt.Sscan(port, &number); err != nil {
		t.Fatal(err)
	}
	b.options = append(b.options, kfake.Ports(number))
	t.Cleanup(func() { b.cluster.Close() })
	return b
}

func (b *brokers) start(more ...kfake.Opt) {
	b.t.Helper()
	cluster, err := kfake.NewCluster(append(more, b.options...)...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.cluster = cluster
}

func (b *brokers) url() string { return "kafka://router:canary@" + b.cluster.ListenAddrs()[0] }

func (b *brokers) open() *kafka.Source {
	b.t.Helper()
	source, err := kafka.Open(b.url())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = source.Close() })
	return source
}

// client is somebody who produces.
func (b *brokers) client() *kgo.Client {
	b.t.Helper()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.SASL(scram.Auth{User: "router", Pass: "canary"}.AsSha512Mechanism()),
	)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(client.Close)
	return client
}

// produce adds the numbers from one to another to a partition.
func produce(t *testing.T, client *kgo.Client, partition int32, from, to int) {
	t.Helper()
	var records []*kgo.Record
	for i := from; i <= to; i++ {
		records = append(records, &kgo.Record{Topic: topic, Partition: partition, Value: fmt.Append(nil, i)})
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func last(t *testing.T, source *kafka.Source) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		cursor, err := source.Last(ctx, topic)
		if err == nil {
			return cursor
		}
		if !errors.Is(err, eventsource.ErrAway) || ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

func follow(t *testing.T, source *kafka.Source, cursor string) eventsource.Stream {
	t.Helper()
	stream, err := source.Open(t.Context(), topic, cursor)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	return stream
}

func next(t *testing.T, stream eventsource.Stream) (eventsource.Message, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return stream.Next(ctx)
}

// reads reads the numbers from one to another, and gives the last cursor.
func reads(t *testing.T, stream eventsource.Stream, from, to int) (cursor string) {
	t.Helper()
	for i := from; i <= to; i++ {
		message, err := next(t, stream)
		if err != nil || string(message.Body) != fmt.Sprint(i) {
			t.Fatalf("instead of %d comes %q, %v", i, message.Body, err)
		}
		cursor = message.Cursor
	}
	return cursor
}

func TestSource_reads_a_topic_and_goes_on_after_a_cursor(t *testing.T) {
	t.Parallel()
	b := newBrokers(t, 1)
	source, client := b.open(), b.client()
	produce(t, client, 0, 1, 3)
	stream := follow(t, source, last(t, source))
	produce(t, client, 0, 4, 100)
	middle := reads(t, stream, 4, 50)
	produce(t, client, 0, 101, 110)
	reads(t, stream, 51, 110)
	reads(t, follow(t, source, middle), 51, 110)
}

func TestSource_reads_all_partitions_each_in_order_also_those_that_come_later(t *testing.T) {
	t.Parallel()
	b := newBrokers(t, 3)
	source, client := b.open(), b.client()
	stream := follow(t, source, last(t, source))
	for partition := range int32(3) {
		produce(t, client, partition, 100*int(partition), 100*int(partition)+49)
	}
	seen := map[int]int{} // by partition
	var cursors []string
	collect := func(from eventsource.Stream, seen map[int]int, count int) {
		for range count {
			message, err := next(t, from)
			if err != nil {
				t.Fatal(err)
			}
			var number int
			if _, err := fmt.Sscan(string(message.Body), &number); err != nil || number%100 != seen[number/100] {
				t.Fatalf("in partition %d comes %d after %d others", number/100, number, seen[number/100])
			}
			seen[number/100]++
			cursors = append(cursors, message.Cursor)
		}
	}
	collect(stream, seen, 70)
	halfway, before := cursors[69], maps.Clone(seen)
	more := kmsg.NewPtrCreatePartitionsRequest()
	wanted := kmsg.NewCreatePartitionsRequestTopic()
	wanted.Topic, wanted.Count = topic, 4
	more.Topics = append(more.Topics, wanted)
	if said, err := more.RequestWith(t.Context(), client); err != nil || said.Topics[0].ErrorCode != 0 {
		t.Fatal(said, err)
	}
	produce(t, b.client(), 3, 300, 349)
	collect(stream, seen, 130)
	if len(seen) != 4 {
		t.Errorf("it has seen %v", seen)
	}
	collect(follow(t, source, halfway), before, 130)
}

func TestSource_waits_for_brokers_that_are_away(t *testing.T) {
	t.Parallel()
	b := newBrokers(t, 1)
	source := b.open()
	stream := follow(t, source, last(t, source))
	produce(t, b.client(), 0, 1, 20)
	cursor := reads(t, stream, 1, 2)
	b.cluster.Close()
	b.start()
	produce(t, b.client(), 0, 21, 40)
	reads(t, stream, 3, 40)
	reads(t, follow(t, source, cursor), 3, 40)
}

func TestSource_says_that_records_are_gone(t *testing.T) {
	t.Parallel()
	b := newBrokers(t, 1)
	source, client := b.open(), b.client()
	start := last(t, source)
	produce(t, client, 0, 1, 40)
	kept := reads(t, follow(t, source, start), 1, 16)
	if err := b.cluster.DeleteRecords(topic, 0, 30); err != nil {
		t.Fatal(err)
	}
	for name, cursor := range map[string]string{"a record that was deleted": kept, "the start": start} {
		if message, err := next(t, follow(t, source, cursor)); !errors.Is(err, eventsource.ErrExpired) {
			t.Errorf("after %s comes %q, %v", name, message.Body, err)
		}
	}
	end := last(t, source)
	if err := errors.Join(b.cluster.DeleteTopic(topic), b.cluster.CreateTopic(topic, 1, nil)); err != nil {
		t.Fatal(err)
	}
	produce(t, b.client(), 0, 1, 60)
	if message, err := next(t, follow(t, source, end)); !errors.Is(err, eventsource.ErrExpired) {
		t.Errorf("in a topic that was made anew comes %q, %v", message.Body, err)
	}
}

func TestSource_refuses_what_is_no_place(t *testing.T) {
	t.Parallel()
	b := newBrokers(t, 1)
	source := b.open()
	good := last(t, source)
	for _, name := range []string{"", ".", "..", "a b", "a/b", "orders.*", strings.Repeat("x", 250)} {
		if _, err := source.Last(t.Context(), name); err == nil {
			t.Errorf("topic %q is accepted", name)
		}
		if _, err := source.Open(t.Context(), name, good); err == nil {
			t.Errorf("topic %q is opened", name)
		}
	}
	for _, cursor := range []string{"", ".", "x", good + ".", good + ".-1", good + ".!", good[1:], good + strings.Repeat(".0", 300)} {
		if _, err := source.Open(t.Context(), topic, cursor); !errors.Is(err, eventsource.ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	if message, err := next(t, follow(t, source, good+".0")); !errors.Is(err, eventsource.ErrExpired) {
		t.Errorf("after a cursor of more partitions comes %q, %v", message.Body, err)
	}
	if _, err := source.Last(t.Context(), "invoices"); !errors.Is(err, eventsource.ErrAway) {
		t.Errorf("a topic that is not there: %v", err)
	}
	for _, url := range []string{"", "http://user:canary@x", "kafka://", "kafka://user:canary@x?key=canary", "kafka://x,redis://canary", "kafka://user:canary@x?sasl=canary", "kafkas://x?ca=/canary"} {
		if opened, err := kafka.Open(url); err == nil {
			_ = opened.Close()
			t.Errorf("URL %q is accepted", url)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error says %v", err)
		}
	}
	wrong, err := kafka.Open(strings.Replace(b.url(), "canary", "mistake", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer wrong.Close()
	if _, err := wrong.Last(t.Context(), topic); !errors.Is(err, eventsource.ErrAway) || strings.Contains(err.Error(), "mistake") {
		t.Errorf("with a wrong password: %v", err)
	}
}
