package router

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"devportal.internal/router/transport"
)

// metrics are the router's measurements. Their labels are bounded: kinds of operations, codes of the router's own,
// names of subgraphs.
type metrics struct {
	planHits   atomic.Int64
	planMisses atomic.Int64
	reloads    atomic.Int64
	shared     atomic.Int64

	mu         sync.Mutex
	operations map[transport.Kind]*operationMetrics
	refusals   map[string]int64
	fetches    map[fetchLabels]int64
	unreadable map[string]int64 // by event source
}

type operationMetrics struct {
	count   int64
	failed  int64
	seconds float64
	buckets [len(bucketBounds)]int64
}

type fetchLabels struct {
	subgraph string
	failed   bool
}

// bucketBounds are the upper bounds of the duration histogram, in seconds.
var bucketBounds = [...]float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

func newMetrics() *metrics {
	return &metrics{
		operations: map[transport.Kind]*operationMetrics{},
		refusals:   map[string]int64{},
		fetches:    map[fetchLabels]int64{},
		unreadable: map[string]int64{},
	}
}

func (m *metrics) executed(kind transport.Kind, failed bool, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.operations[kind]
	if of == nil {
		of = &operationMetrics{}
		m.operations[kind] = of
	}
	of.count++
	if failed {
		of.failed++
	}
	of.seconds += took.Seconds()
	for at, bound := range bucketBounds {
		if took.Seconds() <= bound {
			of.buckets[at]++
		}
	}
}

func (m *metrics) refused(refusal *transport.Refusal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusals[refusal.Errors[0].Code()]++
}

func (m *metrics) fetched(subgraph string, failed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fetches[fetchLabels{subgraph, failed}]++
}

func (m *metrics) malformed(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unreadable[source]++
}

// ServeMetrics answers GET with the router's measurements in Prometheus' text format.
func (r *Router) ServeMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	r.writeGauges(w)
	r.metrics.write(w)
	r.documents.WriteMetrics(w)
}

func (r *Router) writeGauges(w io.Writer) {
	stats := r.Stats()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	gauge(w, "router_websockets", "Websockets that are open.", stats.Sockets)
	gauge(w, "router_streams", "Streams over HTTP that are open.", stats.Streams)
	gauge(w, "router_live_operations", "Live operations that run upstream.", stats.LiveOperations)
	gauge(w, "router_live_subscribers", "Clients of live operations.", stats.Subscribers)
	gauge(w, "router_goroutines", "Goroutines of the process.", runtime.NumGoroutine())
	gauge(w, "router_budgets_local", "1 while replicas count budgets for themselves, for want of the store they share.", oneIf(r.budgets.Local()))
	gauge(w, "router_heap_bytes", "Bytes of the heap that are in use.", int(memory.HeapInuse))
}

func gauge(w io.Writer, name, help string, value int) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s %d\n", name, help, name, name, value)
}

func oneIf(holds bool) int {
	if holds {
		return 1
	}
	return 0
}

func counter(w io.Writer, name, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", name, help, name)
}

func (m *metrics) write(w io.Writer) {
	counter(w, "router_plan_cache_total", "Operations whose plan was kept (hit) or had to be made (miss).")
	fmt.Fprintf(w, "router_plan_cache_total{outcome=\"hit\"} %d\n", m.planHits.Load())
	fmt.Fprintf(w, "router_plan_cache_total{outcome=\"miss\"} %d\n", m.planMisses.Load())
	counter(w, "router_shared_total", "Queries that were answered with the response of an identical one under way.")
	fmt.Fprintf(w, "router_shared_total %d\n", m.shared.Load())
	counter(w, "router_reloads_total", "Supergraphs that took the place of another.")
	fmt.Fprintf(w, "router_reloads_total %d\n", m.reloads.Load())
	m.mu.Lock()
	defer m.mu.Unlock()
	counter(w, "router_refusals_total", "Operations that were not run, by code.")
	for _, code := range slices.Sorted(maps.Keys(m.refusals)) {
		fmt.Fprintf(w, "router_refusals_total{code=%q} %d\n", code, m.refusals[code])
	}
	counter(w, "router_malformed_messages_total", "Messages of event streams that could not be read, by live operation that they were for.")
	for _, source := range slices.Sorted(maps.Keys(m.unreadable)) {
		fmt.Fprintf(w, "router_malformed_messages_total{source=%q} %d\n", source, m.unreadable[source])
	}
	m.writeFetches(w)
	m.writeOperations(w)
}

func (m *metrics) writeFetches(w io.Writer) {
	counter(w, "router_fetches_total", "Requests to subgraphs.")
	labels := slices.SortedFunc(maps.Keys(m.fetches), func(a, b fetchLabels) int {
		return 2*strings.Compare(a.subgraph, b.subgraph) + strings.Compare(outcome(a.failed), outcome(b.failed))
	})
	for _, l := range labels {
		fmt.Fprintf(w, "router_fetches_total{subgraph=%q,outcome=%q} %d\n", l.subgraph, outcome(l.failed), m.fetches[l])
	}
}

func (m *metrics) writeOperations(w io.Writer) {
	kinds := slices.Sorted(maps.Keys(m.operations))
	counter(w, "router_operations_total", "Queries, mutations and events that were executed.")
	for _, kind := range kinds {
		of := m.operations[kind]
		fmt.Fprintf(w, "router_operations_total{kind=%q,outcome=\"error\"} %d\n", kind, of.failed)
		fmt.Fprintf(w, "router_operations_total{kind=%q,outcome=\"ok\"} %d\n", kind, of.count-of.failed)
	}
	fmt.Fprint(w, "# HELP router_operation_seconds Duration of executions.\n# TYPE router_operation_seconds histogram\n")
	for _, kind := range kinds {
		m.operations[kind].write(w, kind)
	}
}

func (o *operationMetrics) write(w io.Writer, kind transport.Kind) {
	for at, bound := range bucketBounds {
		fmt.Fprintf(w, "router_operation_seconds_bucket{kind=%q,le=\"%g\"} %d\n", kind, bound, o.buckets[at])
	}
	fmt.Fprintf(w, "router_operation_seconds_bucket{kind=%q,le=\"+Inf\"} %d\n", kind, o.count)
	fmt.Fprintf(w, "router_operation_seconds_sum{kind=%q} %g\n", kind, o.seconds)
	fmt.Fprintf(w, "router_operation_seconds_count{kind=%q} %d\n", kind, o.count)
}

func outcome(failed bool) string {
	if failed {
		return "error"
	}
	return "ok"
}
