package events_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

// benchWorld is a database with a log and a running relay.
func benchWorld(b *testing.B) (append func(), log *events.Log) {
	b.Helper()
	pool := postgrestest.New(b, postgres.Migrations{Schema: events.Schema, Files: events.Migrations()})
	log = events.Open(pool, events.Settings{Poll: 5 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = log.Run(ctx)
	}()
	b.Cleanup(func() {
		cancel()
		<-done
		log.Close()
	})
	append = func() {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			_, err := events.Append(ctx, tx, event("key", 1))
			return err
		})
		if err != nil {
			b.Error(err)
		}
	}
	return append, log
}

// BenchmarkEventTo5000Subscribers takes the time from the causing transaction until the last of 5,000 subscribers has
// the event, and reports what an idle subscriber weighs.
func BenchmarkEventTo5000Subscribers(b *testing.B) {
	const subscribers = 5000
	appendOne, log := benchWorld(b)
	head, err := log.Head(b.Context(), topic)
	if err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	all := make([]*events.Subscription, subscribers)
	for i := range all {
		if all[i], err = log.Subscribe(b.Context(), topic, head, events.Filter{}); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	for b.Loop() {
		var received sync.WaitGroup
		for _, s := range all {
			received.Go(func() {
				if _, err := s.Next(b.Context()); err != nil {
					b.Error(err)
				}
			})
		}
		appendOne()
		received.Wait()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/subscribers, "B/subscriber")
}

// BenchmarkAppendToSubscriber is the rate of small transactions through outbox, relay and reader to one subscriber.
func BenchmarkAppendToSubscriber(b *testing.B) {
	appendOne, log := benchWorld(b)
	s, err := log.Subscribe(b.Context(), topic, events.Cursor{}, events.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			appendOne()
		}
	})
	for range b.N {
		if _, err := s.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
