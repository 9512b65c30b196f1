package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The targets.
const (
	idleTarget   = 10_000 // bytes a subscriber
	fanoutTarget = 250 * time.Millisecond
)

const (
	plain   = "subscription { changed { number } }"
	texts   = "subscription { changed { number text } }"
	resumed = "subscription($after: String) { changed(after: $after) { number cursor } }"
)

// idleMemory measures what subscribers cost that wait for events.
func idleMemory(w *world) error {
	router := w.current.Load()
	heldBefore, residentBefore, err := router.memory()
	if err != nil {
		return err
	}
	if _, err := w.subscribe(w.idle, 50, subscriberKind{query: plain}); err != nil {
		return err
	}
	heldAfter, residentAfter, err := router.memory()
	if err != nil {
		return err
	}
	goroutines, err := w.goroutines()
	if err != nil {
		return err
	}
	if err := w.profileHeap(); err != nil {
		return err
	}
	n := float64(w.idle)
	held, resident := (heldAfter-heldBefore)/n, (residentAfter-residentBefore)/n
	fmt.Printf("idle     %d subscribers: %.1f KB each in heap and stacks, %.1f KB resident, %.2f goroutines\n",
		w.idle, held/1e3, resident/1e3, float64(goroutines)/n)
	if held > idleTarget {
		return fmt.Errorf("a silent subscriber costs %.0f bytes, more than %d", held, idleTarget)
	}
	return nil
}

func (w *world) goroutines() (int, error) {
	resp, err := http.Get("http://" + w.current.Load().admin + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return 0, fmt.Errorf("counting goroutines: %w", err)
	}
	defer resp.Body.Close()
	var n int
	_, err = fmt.Fscanf(resp.Body, "goroutine profile: total %d", &n)
	return n, err
}

// profileHeap keeps a profile of what the router holds, if that is wanted.
func (w *world) profileHeap() error {
	if w.profile == "" {
		return nil
	}
	resp, err := http.Get("http://" + w.current.Load().admin + "/debug/pprof/heap?gc=1")
	if err != nil {
		return fmt.Errorf("profiling: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("profiling: %w", err)
	}
	return os.WriteFile(w.profile, body, 0o600)
}

// fanout measures how long one event takes to everybody who asked the same.
func fanout(w *world) error {
	all, err := w.subscribe(w.fanout, 50, subscriberKind{query: plain})
	if err != nil {
		return err
	}
	const rounds = 10
	var took []time.Duration
	for round := range rounds {
		began := time.Now()
		if err := w.commit("one event"); err != nil {
			return err
		}
		if err := until(func() bool { return everyoneHas(all, round+1) }); err != nil {
			return err
		}
		for _, s := range all {
			took = append(took, s.at[round].Sub(began))
		}
	}
	slices.Sort(took)
	streams, err := w.current.Load().stats("router_live_operations")
	if err != nil {
		return err
	}
	p99 := took[len(took)*99/100]
	fmt.Printf("fanout   one event to %d subscribers of %.0f upstream: p50 %v, p99 %v, last %v\n", w.fanout, streams,
		took[len(took)/2].Round(time.Millisecond), p99.Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	if p99 > fanoutTarget {
		return fmt.Errorf("p99 is %v, more than %v", p99, fanoutTarget)
	}
	return everyHistory(all, w.commits)
}

func everyoneHas(all []*subscriber, n int) bool {
	return !slices.ContainsFunc(all, func(s *subscriber) bool { return s.count() < n })
}

// everyHistory says what is wrong with histories: what was committed is what was seen.
func everyHistory(all []*subscriber, commits int) error {
	var wrong []error
	for i, s := range all {
		if err := s.check(commits); err != nil && len(wrong) < 5 {
			wrong = append(wrong, fmt.Errorf("subscriber %d: %w", i, err))
		}
	}
	return errors.Join(wrong...)
}

// flow commits events at a steady rate while something happens, and waits until everyone has what was committed.
func (w *world) flow(all []*subscriber, text string, happen func() error) (behind time.Duration, err error) {
	happened := make(chan error, 1)
	go func() { happened <- happen() }()
	began := time.Now()
	total := w.rate * w.seconds
	for n := range total {
		if wait := time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(w.rate))); wait > 0 {
			time.Sleep(wait)
		}
		if err := w.commit(text); err != nil {
			return 0, err
		}
	}
	ended := time.Now()
	if err := <-happened; err != nil {
		return 0, err
	}
	err = until(func() bool { return everyoneHas(all, w.commits) })
	return time.Since(ended), errors.Join(err, everyHistory(all, w.commits))
}

// killedSubgraph kills the subgraph in the middle: subscribers must not notice.
func killedSubgraph(w *world) error {
	all, err := w.subscribe(w.readers, 50, subscriberKind{query: plain})
	if err != nil {
		return err
	}
	behind, err := w.flow(all, "event", func() error {
		time.Sleep(time.Duration(w.seconds) * time.Second / 3)
		w.subgraph.end(syscall.SIGKILL)
		time.Sleep(time.Second)
		return w.startSubgraph()
	})
	fmt.Printf("subgraph killed for 1 s: %d events at %d/s to %d subscribers, everyone had all %v after the last\n",
		w.commits, w.rate, w.readers, behind.Round(time.Millisecond))
	return err
}

// replacedRouter ends the router in the middle, after another has started: subscribers come back with their cursors.
func replacedRouter(w *world) error {
	all, err := w.subscribe(w.readers, 50, subscriberKind{query: resumed, resumes: true})
	if err != nil {
		return err
	}
	behind, err := w.flow(all, "event", func() error {
		time.Sleep(time.Duration(w.seconds) * time.Second / 3)
		old := w.current.Load()
		if err := w.startRouter(); err != nil {
			return err
		}
		old.end(syscall.SIGTERM)
		time.Sleep(time.Duration(w.seconds) * time.Second / 4)
		old = w.current.Load()
		if err := w.startRouter(); err != nil {
			return err
		}
		old.end(syscall.SIGKILL)
		return nil
	})
	returns := int64(0)
	for _, s := range all {
		returns += s.returns.Load()
	}
	fmt.Printf("router   replaced twice (SIGTERM, SIGKILL): %d events at %d/s to %d subscribers who came back %d times, everyone had all %v after the last\n",
		w.commits, w.rate, w.readers, returns, behind.Round(time.Millisecond))
	return err
}

// reloads puts a hundred supergraphs in place of one another, every third a bad one, while events and queries go on.
func reloads(w *world) error {
	all, err := w.subscribe(w.readers, 50, subscriberKind{query: plain})
	if err != nil {
		return err
	}
	router := w.current.Load()
	before, _, err := router.memory()
	if err != nil {
		return err
	}
	const changes = 100
	asked, failed := 0, 0
	behind, err := w.flow(all, "event", func() error {
		for i := range changes {
			next := w.supergraph + fmt.Sprintf("\n# change %d\n", i)
			if i%3 == 2 {
				next = "type Broken {"
			}
			if err := w.writeSupergraph(next); err != nil {
				return err
			}
			for until := time.Now().Add(time.Duration(w.seconds) * time.Second / changes); time.Now().Before(until); asked++ {
				if !w.query() {
					failed++
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	after, _, err := router.memory()
	if err != nil {
		return err
	}
	taken, err := router.stats("router_reloads_total")
	fmt.Printf("reload   %d supergraphs, of which %.0f were taken: %d events to %d subscribers, everyone had all %v after the last; %d of %d queries failed; %+.1f MB held\n",
		changes, taken, w.commits, w.readers, behind.Round(time.Millisecond), failed, asked, (after-before)/1e6)
	if failed > 0 || taken == 0 {
		return fmt.Errorf("%d queries failed, %.0f supergraphs were taken", failed, taken)
	}
	return err
}

// query asks something, and says whether it was answered.
func (w *world) query() bool {
	resp, err := http.Post("http://"+w.current.Load().clients+"/graphql", "application/json", strings.NewReader(`{"query":"{ now }"}`))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return err == nil && strings.HasPrefix(string(body), `{"data":{"now":"`)
}

// slowReaders has many read nothing of large events: they are let go, and the others do not notice.
func slowReaders(w *world) error {
	if _, err := w.subscribe(w.slow, 50, subscriberKind{query: texts, silent: true}); err != nil {
		return err
	}
	fast, err := w.subscribe(w.readers, 50, subscriberKind{query: texts})
	if err != nil {
		return err
	}
	router := w.current.Load()
	_, before, err := router.memory()
	if err != nil {
		return err
	}
	w.rate = max(1, w.rate/20)
	behind, err := w.flow(fast, strings.Repeat("large ", 2_000), func() error { return nil })
	if err != nil {
		return err
	}
	_, after, err := router.memory()
	if err != nil {
		return err
	}
	err = until(func() bool {
		left, err := router.stats("router_live_subscribers")
		return err == nil && int(left) <= w.readers
	})
	fmt.Printf("slow     %d readers of nothing were let go, %d others had all of %d events of 12 KB %v after the last; %+.1f MB resident\n",
		w.slow, w.readers, w.commits, behind.Round(time.Millisecond), (after-before)/1e6)
	return err
}

// storm opens all sockets at once, as after a network's failure, and measures what queries notice.
func storm(w *world) error {
	ask := func(done func() bool) []time.Duration {
		var took []time.Duration
		for !done() {
			began := time.Now()
			resp, err := http.Post("http://"+w.current.Load().clients+"/graphql", "application/json", strings.NewReader(`{"query":"{ now }"}`))
			if err != nil {
				took = append(took, time.Minute)
				continue
			}
			_ = resp.Body.Close()
			took = append(took, time.Since(began))
			time.Sleep(2 * time.Millisecond)
		}
		slices.Sort(took)
		return took
	}
	quiet := time.Now().Add(3 * time.Second)
	before := ask(func() bool { return time.Now().After(quiet) })
	var over atomic.Bool
	var opened error
	var opening sync.WaitGroup
	began := time.Now()
	opening.Go(func() {
		_, opened = w.subscribe(w.idle, w.idle, subscriberKind{query: plain})
		over.Store(true)
	})
	during := ask(over.Load)
	opening.Wait()
	p99 := func(took []time.Duration) time.Duration { return took[len(took)*99/100].Round(10 * time.Microsecond) }
	fmt.Printf("storm    %d sockets at once, all subscribed after %v: queries' p50 %v before, %v during; p99 %v before, %v during\n",
		w.idle, time.Since(began).Round(100*time.Millisecond), before[len(before)/2].Round(10*time.Microsecond),
		during[len(during)/2].Round(10*time.Microsecond), p99(before), p99(during))
	return opened
}
