package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"devportal.internal/router/upstream/http1"
)

// figures are what one measurement of one program found.
type figures struct {
	cpu        float64 // microseconds an operation
	operations float64 // a second
	requests   float64 // to subgraphs, an operation
	peakKB     int64
	bytes      int
}

// measure asks the program for as long as the settings say, after a shorter time of warming up.
func measure(s settings, target, subgraphs *child) (figures, error) {
	client := http1.New(http1.Config{
		Address: target.address, Host: target.address, Path: "/graphql",
		MaxConnections: s.connections, MaxBody: 1 << 20, IdleTimeout: time.Minute,
	})
	defer client.Close()
	if _, _, err := load(client, s.connections, s.duration/3); err != nil {
		return figures{}, err
	}
	before, err := target.usage()
	if err != nil {
		return figures{}, err
	}
	requests := count(subgraphs)
	began := time.Now()
	n, size, err := load(client, s.connections, s.duration)
	if err != nil {
		return figures{}, err
	}
	took := time.Since(began)
	after, err := target.usage()
	if err != nil {
		return figures{}, err
	}
	return figures{
		cpu: float64(after.CPU-before.CPU) / float64(n), operations: float64(n) / took.Seconds(),
		requests: float64(count(subgraphs)-requests) / float64(n), peakKB: after.PeakKB, bytes: size,
	}, nil
}

// load sends the operation on all connections and counts the answers.
func load(client *http1.Client, connections int, duration time.Duration) (n int64, size int, err error) {
	body, err := json.Marshal(map[string]string{"query": operation})
	if err != nil {
		return 0, 0, err
	}
	deadline := time.Now().Add(duration)
	var answered atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, connections)
	sizes := make(chan int, connections)
	for range connections {
		wg.Go(func() {
			last := 0
			for time.Now().Before(deadline) {
				resp, err := client.Do(context.Background(), deadline.Add(10*time.Second), true, nil, body)
				if err == nil && (resp.Status != http.StatusOK || len(resp.Body) < 1000) {
					err = fmt.Errorf("status %d: %s", resp.Status, resp.Body)
				}
				if err != nil {
					errs <- err
					return
				}
				last = len(resp.Body)
				resp.Free()
				answered.Add(1)
			}
			sizes <- last
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return 0, 0, fmt.Errorf("asking: %w", err)
	default:
		return answered.Load(), <-sizes, nil
	}
}

func count(subgraphs *child) int64 {
	resp, err := http.Get("http://" + subgraphs.address + "/count")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(b), 10, 64)
	return n
}
