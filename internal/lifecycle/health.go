package lifecycle

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

// checkTimeout bounds one round of checks; a dependency that does not answer in it is down.
const checkTimeout = 2 * time.Second

// Check asks a dependency whether it works. The error goes to the admin listener and the log, never to the main one.
type Check func(ctx context.Context) error

// Health knows whether the process lives and whether it is ready for traffic: started, not draining, and with every
// required dependency working. It is safe for concurrent use.
type Health struct {
	mu       sync.Mutex
	checks   []namedCheck
	started  bool
	draining bool
}

type namedCheck struct {
	name     string
	required bool
	check    Check
}

// Report is the state of the process and of each dependency, in the order of their names.
type Report struct {
	// Status is "ready", "starting", "draining" or "unavailable".
	Status       string             `json:"status"`
	Dependencies []DependencyReport `json:"dependencies"`
}

// DependencyReport is the state of one dependency.
type DependencyReport struct {
	Name string `json:"name"`
	// Required dependencies make the process unready when they are down; the others only show.
	Required bool   `json:"required"`
	Status   string `json:"status"`
	Error    string `json:"error,omitempty"`
	Millis   int64  `json:"durationMs"`
}

// Ready reports whether traffic should come.
func (r Report) Ready() bool { return r.Status == "ready" }

// Require adds a dependency without which the process is not ready.
func (h *Health) Require(name string, check Check) { h.add(namedCheck{name, true, check}) }

// Watch adds a dependency that the process can do without for a while.
func (h *Health) Watch(name string, check Check) { h.add(namedCheck{name, false, check}) }

// SetStarted says that the start is through.
func (h *Health) SetStarted() { h.set(func() { h.started = true }) }

// SetDraining says that the process takes no more traffic.
func (h *Health) SetDraining() { h.set(func() { h.draining = true }) }

// Report runs every check at once, within two seconds.
func (h *Health) Report(ctx context.Context) Report {
	checks, status := h.snapshot()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	dependencies := make([]DependencyReport, len(checks))
	var running sync.WaitGroup
	for i, check := range checks {
		running.Go(func() { dependencies[i] = check.run(ctx) })
	}
	running.Wait()
	for _, d := range dependencies {
		if d.Required && d.Status != "up" && status == "ready" {
			status = "unavailable"
		}
	}
	slices.SortFunc(dependencies, func(a, b DependencyReport) int { return cmp.Compare(a.Name, b.Name) })
	return Report{Status: status, Dependencies: dependencies}
}

// LiveHandler answers /healthz: 200 while the process can answer at all.
func (h *Health) LiveHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
}

// ReadyHandler answers /readyz on the main listener: 200 or 503, and nothing about dependencies.
func (h *Health) ReadyHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report := h.Report(r.Context())
		writeJSON(w, statusOf(report), map[string]string{"status": report.Status})
	})
}

// DetailHandler answers /readyz on the admin listener: the whole report.
func (h *Health) DetailHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report := h.Report(r.Context())
		writeJSON(w, statusOf(report), report)
	})
}

func (h *Health) add(check namedCheck) { h.set(func() { h.checks = append(h.checks, check) }) }

func (h *Health) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

func (h *Health) snapshot() ([]namedCheck, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	status := "ready"
	if !h.started {
		status = "starting"
	}
	if h.draining {
		status = "draining"
	}
	return slices.Clone(h.checks), status
}

// run asks, and stops waiting when ctx is done even if the check does not look at it.
func (c namedCheck) run(ctx context.Context) DependencyReport {
	began := time.Now()
	report := DependencyReport{Name: c.name, Required: c.required, Status: "up"}
	answer := make(chan error, 1)
	go func() { answer <- guarded(ctx, c.check) }()
	var err error
	select {
	case err = <-answer:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		report.Status, report.Error = "down", err.Error()
	}
	report.Millis = time.Since(began).Milliseconds()
	return report
}

func statusOf(report Report) int {
	if report.Ready() {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// An error here means that the client left: there is nobody to tell.
	_ = json.NewEncoder(w).Encode(body)
}
