package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// figures are what is known of a work.
type figures struct {
	operations    int
	elapsed       time.Duration
	p50, p95, p99 time.Duration
	bytes         int
	used          usage
}

// measure warms up and measures one work.
func measure(ctx context.Context, s settings, p *portal, w work) (figures, error) {
	if _, err := load(ctx, s, p, w, s.warmUp); err != nil {
		return figures{}, err
	}
	before, err := p.usage(ctx)
	if err != nil {
		return figures{}, err
	}
	stop := p.profile(ctx, s, w)
	began := time.Now()
	samples, err := load(ctx, s, p, w, s.duration)
	elapsed := time.Since(began)
	if err := errors.Join(err, stop()); err != nil {
		return figures{}, err
	}
	after, err := p.usage(ctx)
	if err != nil {
		return figures{}, err
	}
	f := summarise(samples)
	f.elapsed = elapsed
	f.used = usage{after.portal - before.portal, after.postgresql - before.postgresql, after.statements - before.statements}
	return f, nil
}

// sample is one answer.
type sample struct {
	took  time.Duration
	bytes int
}

// load sends a work from all connections for some time. The first failure ends it.
func load(ctx context.Context, s settings, p *portal, w work, duration time.Duration) ([]sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	transport := &http.Transport{MaxIdleConnsPerHost: s.connections, MaxConnsPerHost: s.connections}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: askTimeout}
	all := make([][]sample, s.connections)
	var workers sync.WaitGroup
	deadline := time.Now().Add(duration)
	for i := range s.connections {
		workers.Go(func() {
			for n := i; time.Now().Before(deadline); n++ {
				one, err := send(ctx, client, p, p.tokens[i%len(p.tokens)], w.bodies[n%len(w.bodies)])
				if err != nil {
					cancel(err)
					return
				}
				all[i] = append(all[i], one)
			}
		})
	}
	workers.Wait()
	return slices.Concat(all...), context.Cause(ctx)
}

func send(ctx context.Context, client *http.Client, p *portal, token string, body []byte) (sample, error) {
	began := time.Now()
	text, err := post(ctx, client, p.listen, token, body)
	took := time.Since(began)
	if err == nil && !bytes.HasPrefix(text, []byte(`{"data":{`)) || bytes.Contains(text, []byte(`"errors":[`)) {
		err = errors.Join(err, fmt.Errorf("the answer is %.300s", text))
	}
	return sample{took, len(text)}, err
}

func summarise(samples []sample) figures {
	if len(samples) == 0 {
		return figures{}
	}
	slices.SortFunc(samples, func(a, b sample) int { return int(a.took - b.took) })
	at := func(percent int) time.Duration { return samples[(len(samples)-1)*percent/100].took }
	f := figures{operations: len(samples), p50: at(50), p95: at(95), p99: at(99)}
	for _, one := range samples {
		f.bytes += one.bytes
	}
	f.bytes /= len(samples)
	return f
}

// profile writes a CPU profile of what follows, if one is wanted. Stop waits for it.
func (p *portal) profile(ctx context.Context, s settings, w work) (stop func() error) {
	if s.profile == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", p.admin, max(1, int(s.duration.Seconds())))
		text, err := get(ctx, url)
		if err == nil {
			name := bytes.ReplaceAll(bytes.ReplaceAll([]byte(w.name), []byte(" "), []byte("-")), []byte(","), nil)
			err = os.WriteFile(s.profile+string(name)+".pprof", text, 0o600)
		}
		done <- err
	}()
	return func() error { return <-done }
}
